{ head -c 2000 /dev/zero; printf 't ghp_{crc62}\n'; } | expand >large
