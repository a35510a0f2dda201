// This file turns the calls of ops into a table for the loop of image.go: every argument a number or an address, every descriptor
// the one that it will be.
package kernel

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// portion is what a deputy is told at once: a table, and what it points to.
type portion struct {
	places
	rows   []row
	jumps  []jump // until it is known where the rows will be
	memory []byte
	ops    int
	taken  []bool
}

// jump is a word of a row that is to be the address of another row.
type jump struct{ row, word, to int }

// newPortion begins one of so many ops, for a process that has these descriptors. The table's first rows come last, when it is known
// how long it is.
func newPortion(taken []bool, link, ops int) *portion {
	const usual, more, bytes = 9, 24, 128 // rows of an op, and of what is no op's; memory of an op
	p := &portion{places: places{opened: make([]int, heldRoot), link: link, report: link, at: map[any]uint64{}}, taken: slices.Clone(taken),
		rows: make([]row, firstRow, more+usual*ops), jumps: make([]jump, 0, ops), memory: make([]byte, 0, bytes*ops)}
	p.put = p.store
	return p
}

// store appends memory and gives its address.
func (p *portion) store(content []byte) uint64 {
	for len(p.memory)%8 != 0 {
		p.memory = append(p.memory, 0)
	}
	at := memoryAddress + uint64(len(p.memory))
	p.memory = append(p.memory, content...)
	return at
}

// op appends the calls of the next one.
func (p *portion) op(list []call) {
	p.ops++
	p.opened = p.opened[:heldRoot]
	first := len(p.rows)
	for _, c := range list {
		p.call(c, first)
		p.rows[len(p.rows)-1][rowOp] = uint64(p.ops)
	}
}

// tail appends calls that belong to no op.
func (p *portion) tail(list ...call) {
	for _, c := range list {
		p.call(c, 0)
	}
}

// call appends one; first is the row of the op's first.
func (p *portion) call(c call, first int) {
	r := rowOf(c.number)
	for i, arg := range c.args {
		if arg != nil {
			r[rowArgs+i] = p.valueOf(arg)
		}
	}
	r[rowMay], r[rowAgain] = uint64(c.may), uint64(c.again)
	if c.saves != nil {
		r[rowStore] = p.valueOf(*c.saves)
	}
	if k := c.check; k != nil {
		r[rowCheck], r[rowMask], r[rowValue] = p.valueOf(k.in)+uint64(k.offset), k.mask, k.value
		r[rowOtherwise] = uint64(k.otherwise)
	}
	n := len(p.rows)
	if c.or != nil {
		p.jumps = append(p.jumps, jump{n, rowOr, first + int(*c.or)})
	}
	if c.then != nil {
		p.jumps = append(p.jumps, jump{n, rowThen, first + int(*c.then)})
	}
	p.rows = append(p.rows, r)
	switch {
	case c.apart:
	case int(c.opens) > len(p.opened):
		p.opened = append(p.opened, p.lowest())
	case c.opens == heldRoot:
		p.opened[heldRoot-1] = p.lowest()
	case c.opens != 0: // anew: the one before is closed, or to open it has failed
		p.take(p.opened[c.opens-1], false)
		p.opened[c.opens-1] = p.lowest()
	case c.closes:
		p.take(int(r[rowArgs]), false)
	case c.number == unix.SYS_DUP3:
		p.take(int(r[rowArgs+1]), true)
	}
}

// lowest takes the descriptor that the next open returns: "the lowest-numbered file descriptor not currently open". man 2 open.
func (p *portion) lowest() int {
	fd := slices.Index(append(p.taken, false), false)
	p.take(fd, true)
	return fd
}

func (p *portion) take(fd int, taken bool) {
	for len(p.taken) <= fd {
		p.taken = append(p.taken, false)
	}
	p.taken[fd] = taken
}

// next makes the deputy wait for what it is told next.
func (p *portion) next() {
	r := rowOf(noCall)
	r[rowThen] = rowAddress(nextRow)
	p.rows = append(p.rows, r)
}

// messages are the portion as it is sent. The rows that are there read the first one; the further ones are read by rows of the first.
func (p *portion) messages() (list [][]byte, err error) {
	size, further := 0, -1
	for n := 0; n > further; n = chunks(size-chunk) + chunks(len(p.memory)) {
		further = n
		size = (len(p.rows) + 2*further) * rowSize
	}
	if size > memoryAddress-dataAddress || memoryAddress+len(p.memory) > dataAddress+dataRoom {
		return nil, fmt.Errorf("%w: %d calls with %d bytes are more than a deputy can be told", unix.E2BIG, len(p.rows), len(p.memory))
	}
	for _, j := range p.jumps {
		p.rows[j.row][j.word] = rowAddress(2*further + j.to)
	}
	copy(p.rows, beginning(p.link, p.report, size))
	var receiving []row
	for at := chunk; at < size; at += chunk {
		receiving = append(receiving, p.receiving(len(receiving), dataAddress+at)...)
	}
	for at := 0; at < len(p.memory); at += chunk {
		receiving = append(receiving, p.receiving(len(receiving), memoryAddress+at)...)
	}
	p.rows = slices.Insert(p.rows, firstRow, receiving...)
	list = slices.Collect(slices.Chunk(bytesOf(p.rows), chunk))
	return slices.AppendSeq(list, slices.Chunk(p.memory, chunk)), nil
}

// chunks is how many of them so many bytes need.
func chunks(size int) int { return max(0, size+chunk-1) / chunk }

// receiving is the rows that read a further message, or end if nobody is left to send it.
func (p *portion) receiving(n, address int) []row {
	r := rowOf(unix.SYS_READ, uint64(p.link), uint64(address), chunk)
	r[rowThen] = rowAddress(firstRow + n + 2)
	return []row{r, rowOf(unix.SYS_EXIT_GROUP, 125)}
}
