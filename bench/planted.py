"""Secrets to plant, and things that only look so, made from a seed. Nothing of it opens anything.

Each stands alone in a file of its own, whose name says which: a scanner found it if its report names the
file. Forms are those that their issuers give out, with their checksums; they are made here and not from
the rules' own examples, so that no scanner is measured by its own idea of them.
"""
import base64, hashlib, hmac, json, random, string, zlib

B62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
HEX = "0123456789abcdef"
FOLDERS = ("config", "deploy", "scripts", "src/app", "docs", "infra/prod", "charts/web", ".ci")


class Planted:
    def __init__(self, kind, form, path, text):
        self.kind, self.form, self.path, self.text = kind, form, path, text
        self.token = path.rsplit("/", 1)[1]


class Make:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def of(self, alphabet, n):
        return "".join(self.random.choice(alphabet) for _ in range(n))

    def base62(self, n):
        # never all of one class by chance: issuers' generators practically never do
        return self.of(B62, n)

    def bytes(self, n):
        return bytes(self.random.randrange(256) for _ in range(n))

    def b64(self, n):
        return base64.b64encode(self.bytes(n)).decode()

    def url64(self, raw):
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def crc62(self, prefix):
        """GitHub's and npm's: 30 characters and their CRC-32 in base62."""
        body = self.base62(30)
        crc, digits = zlib.crc32(body.encode()), ""
        for _ in range(6):
            digits, crc = B62[crc % 62] + digits, crc // 62
        return prefix + body + digits

    def grafana(self):
        body = "glsa_" + self.base62(32)
        return body + "_%08x" % zlib.crc32(body.encode())

    def jwt(self):
        head = self.url64(b'{"alg":"HS256","typ":"JWT"}')
        body = self.url64(json.dumps({"sub": "u%d" % self.random.randrange(10**6), "iat": 1700000000, "role": "admin"}).encode())
        return "%s.%s.%s" % (head, body, self.url64(hmac.new(self.bytes(32), ("%s.%s" % (head, body)).encode(), hashlib.sha256).digest()))

    def pem(self, kind, der):
        text = base64.b64encode(der).decode()
        lines = [text[i:i + 64] for i in range(0, len(text), 64)]
        # put together here, so that this file holds no key itself
        return "-----%s %s-----\n%s\n-----%s %s-----\n" % ("BEGIN", kind, "\n".join(lines), "END", kind)

    def ed25519(self):
        return self.pem("PRIVATE KEY", bytes.fromhex("302e020100300506032b657004220420") + self.bytes(32))

    def ec(self):
        return self.pem("EC PRIVATE KEY", bytes.fromhex("30310201010420") + self.bytes(32) +
                        bytes.fromhex("a00a06082a8648ce3d030107"))

    def password(self):
        return self.of(string.ascii_letters + string.digits + "_+-", 18) + self.of("0123456789", 2)


# kind: what it is called where it stands, and how it is made
TOKENS = {
    "github": ("GITHUB_TOKEN", lambda m: m.crc62("gh" + "p_")),
    "github-fine": ("GH_TOKEN", lambda m: "github_" + "pat_" + m.base62(22) + "_" + m.base62(59)),
    "aws-pair": ("AWS_ACCESS_KEY_ID", None),
    "slack-bot": ("SLACK_TOKEN", lambda m: "xo" + "xb-%s-%s-%s" % (m.of("123456789", 12), m.of("123456789", 13), m.base62(24))),
    "slack-hook": ("SLACK_WEBHOOK_URL", lambda m: "https://hooks." + "slack.com/services/T%s/B%s/%s" % (
        m.of(string.digits + string.ascii_uppercase, 10), m.of(string.digits + string.ascii_uppercase, 10), m.base62(24))),
    "stripe": ("STRIPE_SECRET_KEY", lambda m: "sk_" + "live_" + m.base62(24)),
    "gitlab": ("GITLAB_TOKEN", lambda m: "gl" + "pat-" + m.base62(20)),
    "npm": ("NPM_TOKEN", lambda m: m.crc62("np" + "m_")),
    "pypi": ("TWINE_PASSWORD", lambda m: "py" + "pi-AgEIcHlwaS5vcmc" + m.url64(b"\x02$" + m.random.getrandbits(288).to_bytes(36, "big") + m.bytes(90))[:150]),
    "google-api": ("GOOGLE_API_KEY", lambda m: "AI" + "za" + m.of(B62 + "-_", 35)),
    "sendgrid": ("SENDGRID_API_KEY", lambda m: "SG" + "." + m.of(B62 + "-_", 22) + "." + m.of(B62 + "-_", 43)),
    "twilio": ("TWILIO_API_KEY", lambda m: "S" + "K" + m.of(HEX, 32)),
    "openai": ("OPENAI_API_KEY", lambda m: "sk-" + "proj-" + m.of(B62 + "-_", 74) + "T3Blbk" + "FJ" + m.of(B62 + "-_", 74)),
    "anthropic": ("ANTHROPIC_API_KEY", lambda m: "sk-" + "ant-api03-" + m.of(B62 + "-_", 93) + "AA"),
    "digitalocean": ("DIGITALOCEAN_TOKEN", lambda m: "dop_" + "v1_" + m.of(HEX, 64)),
    "shopify": ("SHOPIFY_TOKEN", lambda m: "shp" + "at_" + m.of(HEX, 32)),
    "telegram": ("TELEGRAM_BOT_TOKEN", lambda m: m.of("123456789", 10) + ":A" + "A" + m.of(B62 + "-_", 33)),
    "mailgun": ("MAILGUN_API_KEY", lambda m: "ke" + "y-" + m.of(HEX, 32)),
    "databricks": ("DATABRICKS_TOKEN", lambda m: "da" + "pi" + m.of(HEX, 32)),
    "huggingface": ("HF_TOKEN", lambda m: "h" + "f_" + m.of(string.ascii_letters, 34)),
    "grafana": ("GRAFANA_TOKEN", lambda m: m.grafana()),
    "docker": ("DOCKER_PASSWORD", lambda m: "dckr_" + "pat_" + m.of(B62 + "-_", 27)),
    "vault": ("VAULT_TOKEN", lambda m: "hv" + "s.CAESI" + m.of(B62 + "-_", 90)),
    "linear": ("LINEAR_API_KEY", lambda m: "lin_" + "api_" + m.base62(40)),
    "azure-storage": ("AZURE_STORAGE_CONNECTION_STRING", lambda m: "DefaultEndpointsProtocol=https;AccountName=%s;Account" % m.of(
        string.ascii_lowercase, 12) + "Key=%s;EndpointSuffix=core.windows.net" % m.b64(64)),
    "azure-client": ("AZURE_CLIENT_SECRET", lambda m: m.base62(3) + "8" + "Q~" + m.of(B62 + "-_.~", 34)),
    "jwt": ("SESSION_JWT", lambda m: m.jwt()),
    "postgres-url": ("DATABASE_URL", lambda m: "postgres://app:" + "%s@db%d.internal.net:5432/orders" % (m.base62(18), m.random.randrange(99))),
    "mongo-url": ("MONGO_URL", lambda m: "mongodb+srv://svc:" + "%s@cluster%d.k2m4x.mongodb.net/main" % (m.base62(20), m.random.randrange(9))),
    "basic-auth": ("AUTHORIZATION", lambda m: "Basic " + base64.b64encode(("deploy:" + m.base62(20)).encode()).decode()),
    "generic-password": ("DB_PASSWORD", lambda m: m.password()),
    "generic-api-key": ("INTERNAL_API_KEY", lambda m: m.of(HEX, 40)),
    "pem-ed25519": (None, lambda m: m.ed25519()),
    "pem-ec": (None, lambda m: m.ec()),
}
# how a named value is written: (file's ending, text)
FORMS = {
    "env": ("env", "# settings of the service\nLOG_LEVEL=info\n%s=%s\n"),
    "python": ("py", "import client\n\n%s = \"%s\"\n\n\ndef connect():\n    return client.open()\n"),
    "yaml": ("yaml", "service:\n  replicas: 2\n  %s: %s\n  region: eu-west-1\n"),
}
PEM_FORMS = {
    "file": ("pem", lambda pem: pem),
    "yaml": ("yaml", lambda pem: "tls:\n  host: web.internal.net\n  key: |\n" + "".join("    %s\n" % l for l in pem.split("\n") if l)),
    "json": ("json", lambda pem: json.dumps({"type": "service", "private_key": pem}, indent=2) + "\n"),
}


def secrets(seed):
    """Every kind in every form, in an order that mixes them."""
    m, made = Make(seed), []
    for kind, (name, make) in TOKENS.items():
        for form, (ending, text) in (PEM_FORMS if name is None else FORMS).items():
            if kind == "aws-pair":
                body = text % (name, "AK" + "IA" + m.of(string.ascii_uppercase + "234567", 16)) + "\n" + \
                       text.strip().split("\n")[2] % ("AWS_SECRET_ACCESS_KEY", m.of(B62 + "+/", 40)) + "\n"
            elif name is None:
                body = text(make(m))
            else:
                body = text % (name.lower() if form == "yaml" else name, make(m))
            made.append((kind, form, ending, body))
    m.random.shuffle(made)
    return [Planted(kind, form, "%s/unit-%03d-a.%s" % (FOLDERS[i % len(FOLDERS)], i, ending), body)
            for i, (kind, form, ending, body) in enumerate(made)]


def decoys(seed):
    """What stands where secrets stand and is none: names, references, hashes, identifiers, samples."""
    m = Make(seed + 1000)
    lines = [
        "COMMIT_SHA=" + m.of(HEX, 40), "IMAGE_DIGEST=sha256:" + m.of(HEX, 64),
        "CORRELATION_ID=%s-%s-4%s-a%s-%s" % (m.of(HEX, 8), m.of(HEX, 4), m.of(HEX, 3), m.of(HEX, 3), m.of(HEX, 12)),
        "DB_PASSWORD=${DB_PASSWORD}", "API_KEY=<your-api-key>", "SECRET_NAME=projects/web/secrets/db-password",
        "PASSWORD_FILE=/run/secrets/db_password", "API_TOKEN=$(vault read -field=token secret/ci)",
        "GITHUB_TOKEN=${{ secrets.GITHUB_TOKEN }}", "PASSWORD_MIN_LENGTH=12", "TOKEN_URL=https://login.internal.net/oauth2/token",
        "AUTH_SCHEME=Bearer", "PUBLIC_KEY_ID=" + m.of(HEX, 16), "CACHE_KEY=user_profile_by_account_and_region",
        "STRIPE_SECRET_KEY=sk_" + "live_xxxxxxxxxxxxxxxxxxxxxxxx", "DATABASE_URL=postgres://user:" + "password@localhost:5432/test",
        "INTEGRITY=sha512-" + m.b64(64), "SESSION_SECRET=changeme", "ACCESS_KEY=os.environ['ACCESS_KEY']",
        "ETAG=\"%s\"" % m.of(HEX, 32)]
    return [Planted("decoy", "env", "%s/unit-%03d-z.env" % (FOLDERS[i % len(FOLDERS)], i), "LOG_LEVEL=info\n%s\n" % line)
            for i, line in enumerate(lines)]
