// This file writes JSON, by the same rule: what is unusual is left to encoding/json.
package quickjson

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Marshal is json.Marshal.
func Marshal(v any) ([]byte, error) {
	if b, ok := appendValue(nil, reflect.ValueOf(v)); ok {
		return b, nil
	}
	return json.Marshal(v)
}

func appendValue(b []byte, v reflect.Value) ([]byte, bool) {
	switch kind := v.Kind(); {
	case !v.IsValid() || writesItself(v):
		return appendSpecial(b, v)
	case kind == reflect.Struct:
		return appendObject(b, v)
	case kind == reflect.String:
		return appendString(b, v.String())
	case kind == reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), true
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10), true
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10), true
	case kind != reflect.Pointer && kind != reflect.Slice && kind != reflect.Map:
		return appendSpecial(b, v)
	case v.IsNil():
		return append(b, "null"...), true
	case kind == reflect.Pointer:
		return appendValue(b, v.Elem())
	case kind == reflect.Slice:
		return appendList(b, v)
	}
	return appendMap(b, v)
}

func writesItself(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return true
	}
	if plain(t) {
		return false
	}
	if does, ok := writers.Load(t); ok {
		return does.(bool)
	}
	p := reflect.PointerTo(t)
	does := p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	writers.Store(t, does)
	return does
}

// writers tells of types with methods whether they write themselves: a list of times asks for each element.
var writers sync.Map

func appendSpecial(b []byte, v reflect.Value) ([]byte, bool) {
	if !v.IsValid() || !v.CanInterface() {
		return b, false
	}
	if v.CanAddr() {
		v = v.Addr()
	}
	switch own := v.Interface().(type) {
	case []byte:
		return appendBytes(b, own), true
	case *[]byte:
		return appendBytes(b, *own), true
	case json.Marshaler: // encoding/json would prepare itself only to call it
		if v.Kind() == reflect.Interface {
			break // it may be nil
		}
		if text, err := own.MarshalJSON(); err == nil && isCompact(text) {
			return append(b, text...), true
		}
	}
	text, err := json.Marshal(v.Interface())
	return append(b, text...), err == nil
}

// isCompact tells whether a text is as encoding/json would write it: nothing between the values, nothing that it escapes.
func isCompact(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c > '~' || strings.IndexByte(`<>&`, c) >= 0 {
			return false
		}
	}
	r := reader{text: text}
	return r.skip() && r.atEnd()
}

func appendBytes(b, data []byte) []byte {
	if data == nil {
		return append(b, "null"...)
	}
	return append(base64.StdEncoding.AppendEncode(append(b, '"'), data), '"')
}

// appendString leaves what is not ASCII to encoding/json.
func appendString(b []byte, s string) ([]byte, bool) {
	begin, written := len(b), 0
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		if c > '~' {
			return appendSpecial(b[:begin], reflect.ValueOf(s))
		}
		if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b = appendEscape(append(b, s[written:i]...), c)
			written = i + 1
		}
	}
	return append(append(b, s[written:]...), '"'), true
}

func appendEscape(b []byte, c byte) []byte {
	const hex, short = "0123456789abcdef", "\"\"\\\\\bb\ff\nn\rr\tt" // a byte and its letter
	if i := strings.IndexByte(short, c); i >= 0 {
		return append(b, '\\', short[i+1])
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

func appendObject(b []byte, v reflect.Value) (_ []byte, ok bool) {
	b = append(b, '{')
	begin := len(b)
	if b, ok = appendFields(b, v); !ok {
		return b, false
	}
	return append(b[:max(begin, len(b)-1)], '}'), true // instead of the last comma
}

// appendFields writes the members, with a comma after each.
func appendFields(b []byte, v reflect.Value) (_ []byte, ok bool) {
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		switch {
		case f.inner:
			if b, ok = appendFields(b, value); !ok {
				return b, false
			}
			continue
		case f.options == "omitempty" && isEmpty(value), f.options == "omitzero" && isZero(value):
			continue
		case f.odd || f.options != "" && f.options != "omitempty" && f.options != "omitzero":
			return b, false
		}
		if b, ok = appendString(b, f.name); !ok {
			return b, false
		}
		if b, ok = appendValue(append(b, ':'), value); !ok {
			return b, false
		}
		b = append(b, ',')
	}
	return b, true
}

// isEmpty is what encoding/json means by omitempty: a struct is never empty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	}
	return v.Kind() != reflect.Struct && v.IsZero()
}

// isZero is for a time: other types may have a word of their own in it, and are odd with omitzero.
func isZero(v reflect.Value) bool {
	t, ok := v.Interface().(time.Time)
	return ok && t.IsZero()
}

// appendList knows the elements of most lists: the calls that a filter names are the better part of a config.json.
func appendList(b []byte, v reflect.Value) (_ []byte, ok bool) {
	element := func(b []byte, i int) ([]byte, bool) { return appendValue(b, v.Index(i)) }
	if list, own := v.Interface().([]string); own {
		element = func(b []byte, i int) ([]byte, bool) { return appendString(b, list[i]) }
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = element(b, i); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}

// appendMap sorts by key.
func appendMap(b []byte, v reflect.Value) (_ []byte, ok bool) {
	if v.Type().Key() != reflect.TypeFor[string]() {
		return b, false
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = appendString(b, key.String()); !ok {
			return b, false
		}
		if b, ok = appendValue(append(b, ':'), v.MapIndex(key)); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}
