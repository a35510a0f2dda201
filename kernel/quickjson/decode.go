// Package quickjson reads and writes JSON once. encoding/json prepares each Go type before its first value, which takes longer
// than to read a config.json: half a millisecond, a seventh of a container's life, and a runtime reads just one. This package
// prepares nothing: it looks at the fields of a type when the first value comes.
//
// Rule: it is a short cut, not a second opinion. What is unusual or wrong goes to encoding/json, whole and from the beginning,
// so results and errors are those of encoding/json; a fuzz test compares the two.
package quickjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Unmarshal is json.Unmarshal into what v points to, which has to be zero.
func Unmarshal(data []byte, v any) error {
	r := reader{text: data}
	target := reflect.ValueOf(v).Elem()
	if utf8.Valid(data) && r.value(target) && r.atEnd() {
		return nil
	}
	target.SetZero()
	return json.Unmarshal(data, v)
}

// value reads what comes next into v. Like all that follow, it is false where the short cut ends.
func (r *reader) value(v reflect.Value) bool {
	if isSpecial(v) {
		return r.special(v)
	}
	if r.word("null") {
		return true // v is zero as it is
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return r.value(v.Elem())
	case reflect.Struct:
		return r.object(func(name string) bool { return r.member(v, name) })
	case reflect.Map:
		return v.Type().Key() == reflect.TypeFor[string]() && r.mapping(v)
	case reflect.Slice:
		return r.list(v)
	case reflect.String:
		s, ok := r.str()
		v.SetString(s)
		return ok
	case reflect.Bool:
		v.SetBool(r.word("true"))
		return v.Bool() || r.word("false")
	}
	return r.number(v)
}

// isSpecial tells whether a type reads itself, or has a form of its own in JSON.
func isSpecial(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return true
	}
	if plain(t) {
		return false
	}
	switch v.Addr().Interface().(type) {
	case json.Unmarshaler, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func (r *reader) special(v reflect.Value) bool {
	r.blanks()
	begin := r.at
	if !r.skip() {
		return false
	}
	text := r.text[begin:r.at]
	if u, ok := v.Addr().Interface().(json.Unmarshaler); ok { // encoding/json would prepare itself only to call it
		return u.UnmarshalJSON(text) == nil
	}
	return json.Unmarshal(text, v.Addr().Interface()) == nil
}

// member reads a member of an object into the field of its name; one without a field is passed over.
func (r *reader) member(v reflect.Value, name string) bool {
	f, ok := find(v, func(s string) bool { return s == name })
	if !ok { // encoding/json takes other cases as well
		f, ok = find(v, func(s string) bool { return strings.EqualFold(s, name) })
	}
	if !ok {
		return r.skip()
	}
	return f.IsValid() && r.value(f)
}

// find finds the first field whose name in JSON fits. It is not valid where the tag asks for more than a name.
func find(v reflect.Value, fits func(name string) bool) (reflect.Value, bool) {
	for _, f := range fieldsOf(v.Type()) {
		switch {
		case f.inner:
			if inner, ok := find(v.Field(f.index), fits); ok {
				return inner, true
			}
		case fits(f.name) && f.odd:
			return reflect.Value{}, true
		case fits(f.name):
			return v.Field(f.index), true
		}
	}
	return reflect.Value{}, false
}

// mapping and list begin with nothing: what a name given twice means is for encoding/json to say.
func (r *reader) mapping(v reflect.Value) bool {
	if !v.IsNil() {
		return false
	}
	v.Set(reflect.MakeMap(v.Type()))
	return r.object(func(name string) bool {
		key, element := reflect.ValueOf(name), reflect.New(v.Type().Elem()).Elem()
		if v.MapIndex(key).IsValid() || !r.value(element) {
			return false
		}
		v.SetMapIndex(key, element)
		return true
	})
}

func (r *reader) list(v reflect.Value) bool {
	if !v.IsNil() {
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 4))
	if list, ok := v.Addr().Interface().(*[]string); ok {
		return r.array(func() bool {
			s, ok := r.str()
			*list = append(*list, s)
			return ok
		})
	}
	return r.array(func() bool {
		n := v.Len()
		v.Grow(1)
		v.SetLen(n + 1)
		return r.value(v.Index(n))
	})
}
