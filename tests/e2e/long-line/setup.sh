{ head -c 3000000 /dev/zero | tr '\0' a; printf ';t=ghp_{crc62};' | expand; head -c 1000000 /dev/zero | tr '\0' b; } >min.js
