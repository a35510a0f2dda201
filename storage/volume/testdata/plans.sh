# Make volume data
mkdir -p /var/lib/glassbox/volumes
rm -r -f --one-file-system /var/lib/glassbox/volumes/data
mkdir -m 0701 /var/lib/glassbox/volumes/data
mkdir -m 0755 /var/lib/glassbox/volumes/data/_data
printf %s '{"Name":"data","Driver":"local","Labels":{"a":"b"},"Options":null,"Created":"2026-01-02T03:04:05Z"}
' > /var/lib/glassbox/volumes/data/meta.json.new && mv /var/lib/glassbox/volumes/data/meta.json.new /var/lib/glassbox/volumes/data/meta.json
# Remove volume data
umount -l /var/lib/glassbox/volumes/data/_data
rm -f /var/lib/glassbox/volumes/data/meta.json
rm -r -f --one-file-system /var/lib/glassbox/volumes/data
