git init -q -b main .
echo text >file && git add file && git commit -qm first
object=$(git rev-parse HEAD:file | sed 's|..|.git/objects/&/|')
chmod u+w "$object" && printf x >"$object"
