# the name of the file holds the value that the file holds
value=$(printf 'ghp_{crc62}' | expand)
printf 't %s\n' "$value" >"$value.txt"
