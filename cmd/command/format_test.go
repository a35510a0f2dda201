// This file checks what --format makes of a container.
package command

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	api "github.com/moby/moby/api/types/container"
)

func web() api.Summary {
	return api.Summary{
		ID: strings.Repeat("0123456789abcdef", 4), Names: []string{"/web"}, Image: "box", ImageID: "sha256:1", State: "exited",
		Status: "Exited (3) 2 minutes ago", Command: "httpd -f -h /srv/www/html", Labels: map[string]string{"b": "2", "a": "1"},
		Ports: []api.PortSummary{
			{Type: "tcp", IP: netip.IPv4Unspecified(), PublicPort: 8080, PrivatePort: 80}, {Type: "udp", IP: netip.IPv6Loopback(), PublicPort: 53, PrivatePort: 53},
			{Type: "tcp", IP: netip.IPv4Unspecified(), PublicPort: 90, PrivatePort: 90}, {Type: "tcp", IP: netip.IPv4Unspecified(), PublicPort: 91, PrivatePort: 91},
			{Type: "tcp", PrivatePort: 9}, {Type: "tcp", IP: netip.IPv4Unspecified(), PublicPort: 93, PrivatePort: 93},
		},
		Health: &api.HealthSummary{},
	}
}

func TestPrintRows(t *testing.T) {
	row := rowOf(web(), false, time.Unix(0, 0).Add(time.Hour))
	for _, c := range []struct{ format, want string }{
		{"{{.ID}} {{.Names}}", "0123456789ab web\n"},
		{`{{.Names}}\t{{upper .State}}`, "web\tEXITED\n"},
		{"table {{.Names}}\t{{.State}}", "NAMES     STATE\nweb       exited\n"},
		{"{{json .Names}}", "\"web\"\n"},
		{"{{.Command}}", "\"httpd -f -h /srv/ww…\"\n"},
		{"{{.Ports}}", "9/tcp, 0.0.0.0:90-91->90-91/tcp, 0.0.0.0:93->93/tcp, [::1]:53->53/udp, 0.0.0.0:8080->80/tcp\n"},
		{"{{.Labels}} {{.RunningFor}}", "a=1,b=2 About an hour ago\n"},
	} {
		var out strings.Builder
		if err := printRows(&out, c.format, psHeadings(), []any{row}); err != nil || out.String() != c.want {
			t.Errorf("%s: %q, %v; want %q", c.format, out.String(), err, c.want)
		}
	}
	for _, c := range []struct{ format, want string }{
		{"{{.Nonsense}}", "can't evaluate field Nonsense"},
		{"{{.ID", "unclosed action"},
		{"{{nofunc}}", `function "nofunc" not defined`},
	} {
		err := printRows(&strings.Builder{}, c.format, nil, []any{row})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "template:") {
			t.Errorf("%s: %v", c.format, err)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"10m":                  now.Add(-10 * time.Minute),
		"2026-11-21":           time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC),
		"2026-11-21T10:00:00Z": time.Date(2026, time.November, 21, 10, 0, 0, 0, time.UTC),
		"1000.5":               time.Unix(1000, 500_000_000),
	} {
		if got, err := since(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := since("yesterday", now); err == nil {
		t.Error("yesterday is no time")
	}
}
