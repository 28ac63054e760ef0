# bytes that are no UTF-8, and characters that would draw on a terminal or speak to a CI log
for name in $'bad\xff\xc3name' $'\e[31mred\e[0m' $'a\nb' '::error::x' $'right\u202eleft'; do
	printf 't ghp_{crc62}\n' | expand >"$name"
done
