# what a link points at is read where it lies, and nothing outside of the root is; a link's text is content
mkdir root outside
printf 't ghp_{crc62}\n' | expand | tee root/inside >outside/file
ln -s inside root/to-file && ln -s ../outside root/to-folder && ln -s ../outside/file root/to-outside && ln -s to-itself root/to-itself
ln -s "https://x/AKIA$(printf '{base32:16}' | expand)" root/text
