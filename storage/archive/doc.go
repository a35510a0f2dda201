// Package archive turns the tar archives that images are made of into directory trees, and trees into archives.
//
//	name.go         what an entry may be called; whiteouts, the names that delete
//	compression.go  gzip, zstd or nothing, told apart by their first bytes; codec/ has both
//	stream.go       an archive on its way in: decompressed, measured against bombs, hashed
//	unpack.go       Unpack: archive -> tree, one entry after the other
//	parent.go       the directory in which an entry lies, reached without ever leaving the tree
//	entry.go        makes one file, directory, link or device
//	attribute.go    owners, modes, extended attributes, times
//	sparse.go       runs of zeros become holes
//	adopt.go        directories that an archive takes for granted look like those of the layers below
//	pack.go         Pack: tree -> archive
//	diff.go         Diff: what overlayfs keeps of a container's changes -> a layer
//	header.go       the header of an entry, the same today and tomorrow
//
// Whoever made an archive may be an enemy. Two rules keep Unpack inside its tree: a path is never opened as a whole but
// resolved by openat2 with RESOLVE_BENEATH, which fails rather than leave the tree by "..", by an absolute path or by a
// symbolic link; and the last word of a path is never followed.
//
// Deleting is said in two languages. A layer's archive has names (image-spec layer.md, "Whiteouts"), overlayfs has marks:
//
//	.wh.NAME         character device 0:0 called NAME
//	.wh..wh..opq     trusted.overlay.opaque="y" on the directory
package archive
