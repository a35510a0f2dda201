// This file writes and reads Go values as bytes: the fields in their order, without names or types, because the two ends are
// the same program. encoding/json would do, but the first value of each type costs it hundreds of microseconds to prepare, and
// a stage has only a first value. Numbers are varints, strings and lists have their length in front, a pointer or map has a 0
// for nil.
package stage

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
)

// Conn is one end of the socket between the runtime and its stage.
type Conn struct {
	w io.Writer
	r *bufio.Reader
}

// NewConn reads and writes on rw.
func NewConn(rw io.ReadWriter) *Conn { return &Conn{w: rw, r: bufio.NewReader(rw)} }

// Send writes one value with one write.
func (c *Conn) Send(v any) error {
	b, err := appendValue(nil, reflect.ValueOf(v))
	if err != nil {
		return err
	}
	_, err = c.w.Write(b)
	return err
}

// Receive reads one value into what v points to; io.EOF when the other end is gone.
func (c *Conn) Receive(v any) error { return readValue(c.r, reflect.ValueOf(v).Elem()) }

func appendValue(b []byte, v reflect.Value) ([]byte, error) {
	var err error
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1), nil
		}
		return append(b, 0), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint()), nil
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...), nil
	case reflect.Struct:
		for i := range v.NumField() {
			if b, err = appendValue(b, v.Field(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		if v.IsNil() {
			return append(b, 0), nil
		}
		return appendReference(append(b, 1), v)
	}
	return nil, fmt.Errorf("send a %s to the stage: this type can not be sent", v.Type())
}

func appendReference(b []byte, v reflect.Value) ([]byte, error) {
	var err error
	switch v.Kind() {
	case reflect.Pointer:
		return appendValue(b, v.Elem())
	case reflect.Slice:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for i := range v.Len() {
			if b, err = appendValue(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	case reflect.Map:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			if b, err = appendValue(b, it.Key()); err != nil {
				return nil, err
			}
			if b, err = appendValue(b, it.Value()); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	return nil, fmt.Errorf("send a %s to the stage: this type can not be sent", v.Type())
}

func readValue(r *bufio.Reader, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		n, err := r.ReadByte()
		v.SetBool(n == 1)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := binary.ReadVarint(r)
		v.SetInt(n)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := binary.ReadUvarint(r)
		v.SetUint(n)
		return err
	case reflect.String:
		n, err := length(r)
		if err != nil {
			return err
		}
		text := make([]byte, n)
		_, err = io.ReadFull(r, text)
		v.SetString(string(text))
		return err
	case reflect.Struct:
		for i := range v.NumField() {
			if err := readValue(r, v.Field(i)); err != nil {
				return err
			}
		}
		return nil
	}
	present, err := r.ReadByte()
	if err != nil || present == 0 {
		v.SetZero()
		return err
	}
	return readReference(r, v)
}

// length reads one that may be trusted as far as memory goes: nothing that is sent here is long.
func length(r *bufio.Reader) (int, error) {
	const most = 16 << 20
	n, err := binary.ReadUvarint(r)
	if err == nil && n > most {
		err = fmt.Errorf("a length of %d in what was received: the two ends are not the same program", n)
	}
	return int(n), err
}

func readReference(r *bufio.Reader, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return readValue(r, v.Elem())
	}
	n, err := length(r)
	if err != nil {
		return err
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), 0, min(n, 4096)))
		for i := range n {
			v.Grow(1)
			v.SetLen(i + 1)
			if err := readValue(r, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range n {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := readValue(r, key); err != nil {
			return err
		}
		if err := readValue(r, value); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	return nil
}
