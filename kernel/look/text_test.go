// This file reads files that are longer than a page, and cut in the middle of lines.
package look

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPieces(t *testing.T) {
	long := strings.Repeat("x", 3000) + "\n"
	for name, text := range map[string]string{
		"empty": "", "a line": "a\n", "no end": "a\nb", "long lines": strings.Repeat(long, 5), "longer than pages": strings.Repeat("y", 9000) + "\nz\n",
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := pieces(path, func(lines string) bool {
			got = append(got, lines)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(got, ""); all != text {
			t.Errorf("%s: %d bytes of %d", name, len(all), len(text))
		}
		for _, piece := range got[:max(0, len(got)-1)] {
			if !strings.HasSuffix(piece, "\n") {
				t.Errorf("%s: a piece ends in the middle of a line", name)
			}
		}
		calls := 0
		if err := pieces(path, func(string) bool { calls++; return false }); err != nil || calls > 1 {
			t.Errorf("%s: went on %d times (%v)", name, calls-1, err)
		}
	}
	if _, err := Text("/nowhere/at/all"); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}
