// This file compares quickjson with encoding/json: the same value, the same text, and the same error or none.
package quickjson

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

type kept struct {
	Spec    *specs.Spec       `json:"spec"`
	Began   time.Time         `json:"began"`
	Program []byte            `json:"program,omitempty"`
	Small   int8              `json:"small"`
	Share   float64           `json:"share"`
	Names   map[string]string `json:"names"`
	Any     any               `json:"any"`
	Quoted  int               `json:"quoted,string"`
	Hidden  string            `json:"-"`
	Plain   bool
	Raw     json.RawMessage
	Own     own
	Ended   time.Time      `json:"ended,omitzero"`
	None    int            `json:"none,omitzero"`
	Each    map[string]any `json:"each,omitzero"`
	Later   *time.Time     `json:"later,omitzero"`
	Even    even           `json:"even,omitzero"`
}

// even says by itself what is zero.
type even int

func (e even) IsZero() bool { return e%2 == 0 }

// own writes itself, if it is asked by its address.
type own struct{ x int }

func (o *own) MarshalJSON() ([]byte, error) { return []byte(`{"own":true}`), nil }

func (o *own) UnmarshalJSON(b []byte) error { o.x = len(b); return nil }

var texts = []string{
	`{}`, ` {"spec" : {"ociVersion":"1.2.0","process":{"user":{"uid":0,"gid":5,"additionalGids":[1,2]},"args":["a","b\n\u00e9"],"env":[],"cwd":"/"},
	"root":{"path":"r","readonly":true},"hooks":{"poststop":[{"path":"/x","timeout":3}]},"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"}],
	"memory":{"limit":-1},"unified":{"memory.high":"5"},"blockIO":{"weightDevice":[{"major":8,"minor":1,"weight":9}]}},"namespaces":[{"type":"pid"}],
	"devices":[{"path":"/dev/x","type":"c","major":1,"minor":2,"fileMode":438,"uid":0}],"unknown":{"a":[1,{"b":null}]}}}}`,
	`{"began":"2024-05-06T07:08:09.123Z","program":"AAEC","small":-128,"share":0.5,"names":{"a":"b"},"any":[1,{}],"quoted":"7","-":"x","plain":true,"private":3}`,
	`{"small":128}`, `{"small":1.0}`, `{"small":01}`, `{"small":1e1}`, `{"small":-}`, `{"small":"1"}`, `{"names":{"a":1}}`, `{"names":{"a":"b","a":"c"}}`,
	`{"spec":{"linux":{"namespaces":[{"type":"pid"}],"namespaces":[{}]}}}`, `{"spec":null,"names":null}`, `{"raw":null,"own":null}`, `{"raw":{"a": 1},"own":7}`, `null`, `[]`, `""`, ``, `{`, `{"a":}`, `{"a" 1}`,
	`{"plain":tru}`, `{"plain":truest}`, `{"a":[1,]}`, `{"a":1,}`, `{} x`, "{\"a\":\"\x01\"}", "{\"names\":{\"a\":\"\xff\"}}", `{"a":"\x"}`, `{"SPEC":{"Version":"x"}}`,
	`{"spec":{"process":{"args":["a",null]}}}`, `{"ended":"2024-05-06T07:08:09Z","none":1,"each":{"a":null,"b":"","c":[true]}}`, `{"ended":"0001-01-01T00:00:00Z","none":0,"each":{}}`,
	`{"later":"0001-01-01T00:00:00Z","even":2}`, `{"later":"2024-05-06T07:08:09Z","even":3}`,
	`{"names":{"a":"\u0000\b\f\n\r\t\u001f \"\\/<>&~\u007f","\u00e9":"\u2028"}}`, `{"program":"","raw":[1, "<"]}`,
	`{"a":12.5e3}`, `{"a":--1}`, `{"began":7}`, `{"any":"\ud800"}`, `{"a":"\"}`,
}

func compare(t *testing.T, data []byte) {
	t.Helper()
	for _, pair := range [][2]any{{&kept{}, &kept{}}, {&specs.Spec{}, &specs.Spec{}}} {
		err, wantErr := Unmarshal(data, pair[0]), json.Unmarshal(data, pair[1])
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%q: error %v, want %v", data, err, wantErr)
		}
		if wantErr != nil {
			continue
		}
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%q: %+v, want %+v", data, pair[0], pair[1])
		}
		got, want := mustMarshal(t, Marshal, pair[1]), mustMarshal(t, json.Marshal, pair[1])
		if got != want {
			t.Errorf("%q: wrote\n%s, want\n%s", data, got, want)
		}
	}
}

func mustMarshal(t *testing.T, marshal func(any) ([]byte, error), v any) string {
	t.Helper()
	b, err := marshal(v)
	if err != nil {
		t.Errorf("%+v: %v", v, err)
	}
	return string(b)
}

func TestSame(t *testing.T) {
	for _, text := range texts {
		compare(t, []byte(text))
	}
}

// The short cut has to be taken where it counts: what it reads and writes alone is what it is for.
func TestShortCut(t *testing.T) {
	v := struct {
		Call  string
		Began time.Time `json:",omitzero"`
		Ended time.Time `json:",omitzero"`
	}{Call: `mkdir("/a")`, Began: time.Now()}
	if text, ok := appendValue(nil, reflect.ValueOf(v)); !ok || string(text) != mustMarshal(t, json.Marshal, v) {
		t.Errorf("wrote %s, without help: %v", text, ok)
	}
	for i, want := range []bool{true, true, false} {
		r, v := reader{text: []byte(texts[i])}, &kept{}
		if got := r.value(reflect.ValueOf(v).Elem()) && r.atEnd(); got != want {
			t.Errorf("%s: read without help: %v, want %v", texts[i], got, want)
		}
	}
}

func FuzzSame(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, data) })
}
