// Package storage is where the files of a container come from: blobs named by their digest, images made of them, layers
// unpacked once for all containers, and one overlay mount for each container.
//
//	store.go      Open; the folders of a store; locks
//	reference.go  what an image can be called
//	blobs.go      bytes by digest, checked on the way in and on the way out
//	index.go      index.json: names -> manifests
//	load.go       an OCI image layout in a tar archive -> the store
//	image.go      a name -> manifest, config, layers
//	layer.go      a layer's archive -> a folder (op Unpack)
//	overlay.go    MountPlan: the layers of an image as one root file system
//	box/          the embedded image, and the program that makes it
//
// On disk a store is an OCI image layout, which other programs read and write too, with the unpacked layers beside it:
//
//	ROOT/oci-layout  ROOT/index.json  ROOT/blobs/sha256/DIGEST
//	ROOT/layers/CHAINID/fs            what a layer adds to those below it, ready to be a lowerdir
//	ROOT/l/3f2a91c0                   a short name of such a folder: 128 of them fit into the options of one mount
//	ROOT/containers/ID/               upper, work, merged
//
// Giving a container its files:
//
//	store, err := storage.Open("/var/lib/glassbox")
//	image, err := store.Image("box")
//	dirs := store.Dirs(id)
//	err = runner.Run(storage.MountPlan(image, dirs)...)
//	// the root file system is at dirs.Merged, what to run in it in image.Config.Config; runner.Rollback() takes it back
package storage
