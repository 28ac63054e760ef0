# gone from the working tree, not from the repository
git init -q -b main .
printf 'a\nt = ghp_{crc62}\n' | expand >config.py && git add . && git commit -qm "first"
git mv config.py old.py && git commit -qm "moved" && git rm -q old.py && git commit -qm "removed"
