// Package event keeps the journal of what happens to containers, images, volumes and networks: one JSON object a line, in the
// words of Docker's events. Whoever acts writes: a command, or a shim. There is no daemon that could collect the news, so the
// journal is files in one directory:
//
//	now.jsonl     what happens; at most a few MiB, then it becomes
//	before.jsonl  what happened before that
//
// write.go appends, read.go reads, and goes on reading.
package event

import "time"

// Event is one thing that has happened. Its JSON is that of Docker's API.
type Event struct {
	Type   string // "container", "image", "volume", "network", "daemon"
	Action string // "create", "start", "die" …
	Actor  Actor
	Scope  string `json:"scope"`

	Time     int64 `json:"time"` // seconds
	TimeNano int64 `json:"timeNano"`
}

// Actor is whom it has happened to.
type Actor struct {
	ID         string
	Attributes map[string]string
}

// New is an event that happens now.
func New(kind, action, id string, attributes map[string]string) Event {
	now := time.Now()
	return Event{
		Type: kind, Action: action, Actor: Actor{ID: id, Attributes: attributes}, Scope: "local",
		Time: now.Unix(), TimeNano: now.UnixNano(),
	}
}

const (
	nowFile    = "now.jsonl"
	beforeFile = "before.jsonl"
	longest    = 2 << 20 // bytes of one file: some 5000 events
)
