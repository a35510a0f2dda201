// This file reads who a process is and what it may do: man 7 credentials; man 5 proc, "/proc/pid/status".
package look

// Process is what the kernel tells of one process.
type Process struct {
	PID     int      `json:"pid"`
	NSpid   []int    `json:"nspid"` // its pids, as we know it first, as it knows itself last
	Parent  int      `json:"parent"`
	Name    string   `json:"name"`
	State   string   `json:"state"`
	Threads int      `json:"threads"`
	Args    []string `json:"args"`
	Exe     string   `json:"exe"`
	Root    string   `json:"root"`
	Cwd     string   `json:"cwd"`
	Closed  []string `json:"closed,omitempty"` // what we may not read: "exe", "root", "cwd"

	UID    IDs       `json:"uid"`
	GID    IDs       `json:"gid"`
	Groups []int     `json:"groups"`
	UIDMap []IDRange `json:"uid_map"`
	GIDMap []IDRange `json:"gid_map"`

	Capabilities   Capabilities `json:"capabilities"`
	NoNewPrivs     bool         `json:"no_new_privs"`
	Seccomp        string       `json:"seccomp"` // "disabled", "strict" or "filter"
	SeccompFilters int          `json:"seccomp_filters"`

	Limits      []Rlimit `json:"limits"`
	OOMScoreAdj int      `json:"oom_score_adj"`
}

// IDs are the four ids that a process has for its user, and again for its group.
type IDs struct {
	Real      int `json:"real"`
	Effective int `json:"effective"`
	Saved     int `json:"saved"`
	FS        int `json:"fs"` // used for files
}
