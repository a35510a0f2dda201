// This file answers one question, as far as we know the answer ourselves. It touches no file and no socket.
package dns

import (
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// transport is how a question came; it says how large its answer may be.
type transport int

const (
	overUDP transport = iota
	overTCP
)

const (
	smallest        = 512  // what every client can take over UDP. RFC 1035
	largestUDP      = 1232 // what passes every network unfragmented, and what we offer. RFC 9715
	largestQuestion = 4096
	ttl             = 600 // seconds; Docker's
)

// question is one that was understood. packet is the client's own, to be passed on as it is.
type question struct {
	packet   []byte
	header   dnsmessage.Header
	asked    dnsmessage.Question
	edns     bool
	limit    int // of the answer, in bytes
	over     transport
	upstream []netip.Addr
}

// answer gives the reply to a packet, or else the question for others. No reply and no question: it is best ignored. lot draws a
// number below n.
func answer(z *zone, zoneErr error, packet []byte, over transport, lot func(n int) int) ([]byte, *question) {
	q, code, ok := read(packet, over)
	switch {
	case !ok:
		return nil, nil
	case code != dnsmessage.RCodeSuccess:
		return q.reply(code, nil), nil
	case zoneErr != nil:
		return q.failure(), nil
	}
	name := strings.TrimSuffix(strings.ToLower(q.asked.Name.String()), ".")
	if q.asked.Class != dnsmessage.ClassINET && q.asked.Class != dnsmessage.ClassANY {
		return q.reply(dnsmessage.RCodeNotImplemented, nil), nil
	}
	if known, ok := z.lookUp(name, q.asked.Type); ok {
		return q.reply(dnsmessage.RCodeSuccess, rotated(known, lot)), nil
	}
	if len(z.upstream) == 0 || z.keepBare && !strings.Contains(name, ".") {
		return q.reply(dnsmessage.RCodeNameError, nil), nil
	}
	q.upstream = z.upstream
	return nil, q
}

// read takes a packet apart. ok is false for what is no question at all: two servers that answer each other's answers would
// never stop.
func read(packet []byte, over transport) (q *question, code dnsmessage.RCode, ok bool) {
	q = &question{packet: packet, over: over, limit: smallest}
	if over == overTCP {
		q.limit = 0xffff
	}
	var p dnsmessage.Parser
	var err error
	if q.header, err = p.Start(packet); err != nil || q.header.Response {
		return q, 0, false
	}
	if q.header.OpCode != 0 {
		return q, dnsmessage.RCodeNotImplemented, true
	}
	asked, err := p.AllQuestions()
	if err != nil || len(asked) != 1 {
		return q, dnsmessage.RCodeFormatError, true
	}
	q.asked = asked[0]
	return q, q.readEDNS(&p), true
}

// readEDNS finds out what the client can take (RFC 6891). What else it adds is not for us.
func (q *question) readEDNS(p *dnsmessage.Parser) dnsmessage.RCode {
	if p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return dnsmessage.RCodeFormatError
	}
	for {
		h, err := p.AdditionalHeader()
		if err == dnsmessage.ErrSectionDone {
			return dnsmessage.RCodeSuccess
		}
		if err != nil || h.Type == dnsmessage.TypeOPT && q.edns {
			return dnsmessage.RCodeFormatError
		}
		if h.Type == dnsmessage.TypeOPT {
			q.edns = true
			if q.over == overUDP {
				q.limit = min(max(int(h.Class), smallest), largestUDP)
			}
			if version := h.TTL >> 16 & 0xff; version != 0 {
				return badVersion
			}
		}
		if p.SkipAdditional() != nil {
			return dnsmessage.RCodeFormatError
		}
	}
}

// lookUp finds what the books have for a name. A name that is known has an answer to every question, if only an empty one: else
// somebody outside would be asked for it. LESSON: known-name
func (z *zone) lookUp(name string, kind dnsmessage.Type) (found []dnsmessage.ResourceBody, known bool) {
	if a, ok := reversed(name); ok {
		owner, known := z.names[a]
		pointer, err := dnsmessage.NewName(owner + ".")
		if known && err == nil && (kind == dnsmessage.TypePTR || kind == dnsmessage.TypeALL) {
			found = append(found, &dnsmessage.PTRResource{PTR: pointer})
		}
		return found, known
	}
	addresses, known := z.addresses[name]
	for _, a := range addresses {
		switch {
		case a.Is4() && (kind == dnsmessage.TypeA || kind == dnsmessage.TypeALL):
			found = append(found, &dnsmessage.AResource{A: a.As4()})
		case a.Is6() && (kind == dnsmessage.TypeAAAA || kind == dnsmessage.TypeALL):
			found = append(found, &dnsmessage.AAAAResource{AAAA: a.As16()})
		}
	}
	return found, known
}

// rotated begins with one drawn by lot: clients take the first, and so each container of a name gets its share.
func rotated(list []dnsmessage.ResourceBody, lot func(n int) int) []dnsmessage.ResourceBody {
	if len(list) < 2 {
		return list
	}
	first := lot(len(list))
	return append(append([]dnsmessage.ResourceBody(nil), list[first:]...), list[:first]...)
}
