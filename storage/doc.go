// Package storage is where the files of a container come from: blobs named by their digest, images made of them, layers
// unpacked once for all containers, and one overlay mount for each container.
//
//	store.go      Open; the folders of a store; locks
//	reference.go  what an image can be called
//	blobs.go      bytes by digest, checked on the way in and on the way out
//	index.go      index.json: names -> manifests
//	image.go      a name -> manifest, config, layers
//	layer.go      digest, diffID, chainID; the folder of a layer
//	unpack.go     layers' archives -> folders (op UnpackLayers), several at once: batch.go; archive/ knows what is in an archive
//	overlay.go    MountPlan: the layers of an image as one root file system
//	load.go       archives -> images; save.go  images -> archives
//	newimage.go   a container's changes (commit.go), or a file system, -> an image
//	stack.go      what a container sees of a stack of layers; changes.go and inside.go tell it
//	verify.go     every digest, computed again
//	pull.go       a registry's image -> the store (ask.go, pullplan.go, fetch.go); push.go, pushplan.go  the way back; registry/ speaks HTTP
//	remove.go     names go first; garbage.go  what no name leads to any more
//	box/          the embedded image, and the program that makes it
//	volume/       directories that outlive containers
//
// On disk a store is an OCI image layout, which other programs read and write too, with the unpacked layers beside it:
//
//	ROOT/oci-layout  ROOT/index.json  ROOT/blobs/sha256/DIGEST
//	ROOT/partial/DIGEST               what has come so far of a blob
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
