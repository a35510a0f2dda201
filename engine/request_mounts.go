// This file holds what users ask to have mounted inside a container: -v, --mount, --tmpfs, --volumes-from.
package engine

// The types of a mount.
const (
	MountBind   = "bind"
	MountVolume = "volume"
	MountTmpfs  = "tmpfs"
	MountImage  = "image"
)

// Mount is one thing to be shown inside.
type Mount struct {
	Type     string
	Source   string // an absolute path of the host, a volume's name (empty: one is drawn), or an image
	Target   string // absolute
	ReadOnly bool
	Subpath  string // of a volume or image: this part of it alone
	ImageID  string // of an image: it was this one when the container was made

	Flag string // "-v", "--mount" or "--tmpfs"; empty: nobody asked, the image or another container has it
	Mode string // the options as -v has them, for inspect

	Bind    BindOptions
	Volume  VolumeOptions
	Options []string // of a tmpfs
}

// BindOptions are those of binds.
type BindOptions struct {
	Propagation  string // "shared", "rslave" …; empty: rprivate
	Shallow      bool   // without the mounts below the source
	FlatReadOnly bool   // read-only without the mounts below it
	Create       bool   // a source that is not there is made as a directory
}

// VolumeOptions are those of volumes.
type VolumeOptions struct {
	NoCopy    bool   // an empty one is not filled with the image's files
	Anonymous bool   // nobody named it: it goes with the container that --rm or rm -v removes
	Driver    string // empty: local
	Labels    map[string]string
	Options   map[string]string
}
