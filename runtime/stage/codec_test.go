// These tests send values through the codec, whole, cut short and garbled.
package stage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

// fill sets v and all that is in it to random values. Any pointer, map or list may be nil, and a list or map may be empty.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int63() - r.Int63())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.String:
		v.SetString(string([]byte{byte(r.Intn(256)), 0, byte(r.Intn(256))}[:r.Intn(4)]))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i))
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if r.Intn(4) > 0 {
			fillReference(r, v)
		}
	}
}

func fillReference(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Slice:
		n := r.Intn(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.Intn(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	}
}

type buffer struct{ bytes.Buffer }

func TestRoundTrip(t *testing.T) {
	seed := time.Now().UnixNano()
	r := rand.New(rand.NewSource(seed))
	fields := 0
	for range 300 {
		for _, sent := range []any{&specs.Spec{}, &Config{}, &Message{}, &specs.Process{}} {
			fill(r, reflect.ValueOf(sent).Elem())
			wire := &buffer{}
			if err := NewConn(wire).Send(sent); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			fields += wire.Len()
			// Conn sends what the pointer points to, with a 1 for "not nil" in front.
			got := reflect.New(reflect.TypeOf(sent))
			if err := NewConn(wire).Receive(got.Interface()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if diff := cmp.Diff(sent, got.Elem().Interface(), cmpopts.IgnoreUnexported(plan.Container{})); diff != "" {
				t.Fatalf("seed %d: - sent, + received:\n%s", seed, diff)
			}
		}
	}
	if fields < 100_000 {
		t.Errorf("only %d bytes were sent: the values are all but empty", fields)
	}
}

// Messages follow each other on a wire, and each Receive takes one.
func TestSeveralMessages(t *testing.T) {
	wire := &buffer{}
	c := NewConn(wire)
	for _, m := range []Message{{Event: &explain.Event{Title: "a"}}, {Ready: &Ready{Program: "/bin/sh", Took: []time.Duration{1, -1}}}, {Failure: &Failure{Text: "b", Code: 127}}} {
		if err := c.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	var a, b, d, end Message
	for _, m := range []*Message{&a, &b, &d} {
		if err := c.Receive(m); err != nil {
			t.Fatal(err)
		}
	}
	if a.Event.Title != "a" || b.Ready.Took[1] != -1 || d.Failure.Code != 127 || a.Ready != nil {
		t.Errorf("received %+v %+v %+v", a, b, d)
	}
	if err := c.Receive(&end); err != io.EOF {
		t.Errorf("after the last: %v, want io.EOF", err)
	}
}

// Every message that is cut short is an error. Only the empty one is the plain end of the stream.
func TestCutShort(t *testing.T) {
	wire := &buffer{}
	var config Config
	fill(rand.New(rand.NewSource(1)), reflect.ValueOf(&config).Elem())
	if err := NewConn(wire).Send(config); err != nil {
		t.Fatal(err)
	}
	whole := wire.Bytes()
	for n := range whole {
		var got Config
		if err := NewConn(&buffer{*bytes.NewBuffer(whole[:n:n])}).Receive(&got); err == nil {
			t.Fatalf("%d of %d bytes were taken for the whole", n, len(whole))
		}
	}
}

// Nonsense is an error, not a panic and not a huge piece of memory.
func TestNonsense(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<62)
	for name, c := range map[string]struct {
		data []byte
		to   any
	}{
		"a string's length": {huge, new(string)},
		"a list's length":   {append([]byte{1}, huge...), new([]specs.Mount)},
		"a list that ends":  {append([]byte{1}, binary.AppendUvarint(nil, 15<<20)...), new([]specs.Spec)},
		"a map's length":    {append([]byte{1}, huge...), new(map[string]string)},
		"a number's length": {bytes.Repeat([]byte{0xff}, 20), new(int)},
	} {
		if err := NewConn(&buffer{*bytes.NewBuffer(c.data)}).Receive(c.to); err == nil {
			t.Errorf("%s: taken for good", name)
		}
	}
	r := rand.New(rand.NewSource(1))
	for range 2000 {
		data := make([]byte, r.Intn(300))
		r.Read(data)
		var got Config
		if err := NewConn(&buffer{*bytes.NewBuffer(data)}).Receive(&got); err == nil {
			t.Log("random bytes happened to be a configuration")
		}
	}
}

// A type that the codec does not know is refused by the sender.
func TestUnknownTypes(t *testing.T) {
	for _, v := range []any{1.5, make(chan int), struct{ F any }{F: 1}, []float64{1}} {
		if err := NewConn(&buffer{}).Send(v); err == nil || !strings.Contains(err.Error(), "can not be sent") {
			t.Errorf("%T: %v", v, err)
		}
	}
	if err := NewConn(brokenPipe{}).Send(1); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken wire: %v", err)
	}
}

type brokenPipe struct{ io.Reader }

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
