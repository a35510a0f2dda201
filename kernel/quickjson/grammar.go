// This file is the grammar of JSON, RFC 8259: it recognises what is well formed and no more.
package quickjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
)

// reader is a place in a text.
type reader struct {
	text  []byte
	at    int
	depth int
}

func (r *reader) blanks() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\n' || r.text[r.at] == '\t' || r.text[r.at] == '\r') {
		r.at++
	}
}

func (r *reader) atEnd() bool {
	r.blanks()
	return r.at == len(r.text)
}

// word takes what is written here, if it is this.
func (r *reader) word(w string) bool {
	r.blanks()
	if !bytes.HasPrefix(r.text[r.at:], []byte(w)) {
		return false
	}
	r.at += len(w)
	return true
}

func (r *reader) object(member func(name string) bool) bool {
	return r.sequence("{", "}", func() bool {
		name, ok := r.str()
		return ok && r.word(":") && member(name)
	})
}

func (r *reader) array(element func() bool) bool { return r.sequence("[", "]", element) }

// sequence stops at a depth that no honest text has.
func (r *reader) sequence(open, end string, each func() bool) bool {
	const deepest = 100
	if r.depth++; r.depth > deepest || !r.word(open) {
		return false
	}
	defer func() { r.depth-- }()
	if r.word(end) {
		return true
	}
	for each() {
		if !r.word(",") {
			return r.word(end)
		}
	}
	return false
}

// str reads a string. One with escapes is left to encoding/json.
func (r *reader) str() (string, bool) {
	if !r.word(`"`) {
		return "", false
	}
	begin, escaped := r.at, false
	for ; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
		switch {
		case r.text[r.at] < ' ':
			return "", false
		case r.text[r.at] == '\\':
			escaped = true
			r.at++
		}
	}
	if r.at >= len(r.text) {
		return "", false
	}
	r.at++
	if !escaped {
		return string(r.text[begin : r.at-1]), true
	}
	var s string
	err := json.Unmarshal(r.text[begin-1:r.at], &s)
	return s, err == nil
}

// number reads one into an integer; fractions and exponents are left to encoding/json.
func (r *reader) number(v reflect.Value) bool {
	digits, ok := r.integer()
	if !ok {
		return false
	}
	switch {
	case v.CanInt():
		n, err := strconv.ParseInt(digits, 10, v.Type().Bits())
		v.SetInt(n)
		return err == nil
	case v.CanUint():
		n, err := strconv.ParseUint(digits, 10, v.Type().Bits())
		v.SetUint(n)
		return err == nil
	}
	return false
}

// integer takes the digits, of which the first is no superfluous zero. What may not follow them is noticed by the caller.
func (r *reader) integer() (string, bool) {
	r.blanks()
	begin := r.at
	if r.at < len(r.text) && r.text[r.at] == '-' {
		r.at++
	}
	first := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	count := r.at - first
	return string(r.text[begin:r.at]), count == 1 || count > 1 && r.text[first] != '0'
}

// skip passes over a value of any kind.
func (r *reader) skip() bool {
	if r.word("null") || r.word("true") || r.word("false") {
		return true
	}
	if r.blanks(); r.at == len(r.text) {
		return false
	}
	switch r.text[r.at] {
	case '{':
		return r.object(func(string) bool { return r.skip() })
	case '[':
		return r.array(r.skip)
	case '"':
		_, ok := r.str()
		return ok
	}
	_, ok := r.integer()
	return ok
}
