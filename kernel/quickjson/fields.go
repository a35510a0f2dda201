// This file looks at the fields of a struct: once for each type, for a config.json that was read is soon written again.
package quickjson

import (
	"reflect"
	"strings"
	"sync"
	"time"
)

// field is one as JSON sees it.
type field struct {
	index   int
	name    string
	options string // of the tag, as "omitempty"
	inner   bool   // a struct whose fields count as the outer one's
	odd     bool   // encoding/json knows how
}

var known sync.Map // of []field by reflect.Type

func fieldsOf(t reflect.Type) []field {
	if fields, ok := known.Load(t); ok {
		return fields.([]field)
	}
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			fields = append(fields, field{index: i, inner: true})
			continue
		case !f.IsExported() || name == "-" && options == "":
			continue
		case name == "":
			name = f.Name
		}
		odd := f.Anonymous || strings.Contains(options, "string") || options == "omitzero" && f.Type != reflect.TypeFor[time.Time]()
		fields = append(fields, field{index: i, name: name, options: options, odd: odd})
	}
	known.Store(t, fields)
	return fields
}

// plain tells whether a type has no methods, and so none by which it reads or writes itself.
func plain(t reflect.Type) bool {
	return t.PkgPath() == "" || reflect.PointerTo(t).NumMethod() == 0 // a pointer has the methods of both
}
