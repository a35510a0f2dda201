// This file kills a run that has volumes after each of its steps, and lets each of its steps fail.
package test

import (
	"strings"
	"testing"
)

// withVolumes are a run with a volume that is mounted, one that is filled, one that nobody has named, a part, and an image.
func withVolumes() []string {
	return strings.Fields("--network none -v mem:/mem -v filled:/data -v /scratch --mount src=mem,dst=/part,volume-subpath=. --mount type=image,src=box,dst=/image")
}

func TestVolumesWhenARunIsKilledOrFails(t *testing.T) {
	p := newPlace(t)
	p.createTmpfs("mem")
	p.must(told(withVolumes()...)...)
	before := p.settled()
	for _, how := range []string{"killed", "failed"} {
		steps := p.stepping(1<<20, withVolumes()...).finish()
		for k := range steps {
			s := p.stepping(k, withVolumes()...)
			ids := p.ids()
			if how == "killed" {
				p.killAll()
			} else {
				s.answer("f\n")
			}
			s.finish()
			p.calm()
			if how == "killed" {
				p.must("audit", "--fix")
			}
			if got := p.must("audit"); got != "nothing is left behind\n" {
				t.Errorf("%s at step %d (%s): %s", how, k+1, s.title, got)
			}
			if diff := p.changes(before, ids...); diff != "" {
				t.Fatalf("%s at step %d (%s), this is left behind:\n%s", how, k+1, s.title, diff)
			}
			for name := range strings.FieldsSeq(p.must("volume", "ls", "-q")) {
				if len(name) == 64 {
					t.Errorf("%s at step %d (%s): an anonymous volume is left", how, k+1, s.title)
				}
			}
			p.must("volume", "rm", "-f", "filled") // so that it is made in each round
			if strings.HasPrefix(s.title, "Make mounts private") {
				break // from here on it is as without volumes
			}
		}
		if got := p.must(told(withVolumes()...)...); got != "" {
			t.Errorf("afterwards it said %q", got)
		}
		t.Logf("%s at %d steps", how, steps)
	}
}
