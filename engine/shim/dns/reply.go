// This file writes answers, cut to what the client can take.
package dns

import (
	"sort"

	"golang.org/x/net/dns/dnsmessage"
)

// badVersion is an extended code (RFC 6891): its upper bits travel in the OPT record.
const badVersion dnsmessage.RCode = 16

// failure says that we do not know, and that the client may ask somebody else.
func (q *question) failure() []byte { return q.reply(dnsmessage.RCodeServerFailure, nil) }

// reply writes an answer. One that is too large says so and holds what fits; the client then asks again over TCP.
func (q *question) reply(code dnsmessage.RCode, answers []dnsmessage.ResourceBody) []byte {
	packet, err := q.write(code, answers, false)
	if err == nil && len(packet) <= q.limit {
		return packet
	}
	tooMany := sort.Search(len(answers), func(kept int) bool {
		packet, err := q.write(code, answers[:kept], true)
		return err != nil || len(packet) > q.limit
	})
	packet, err = q.write(code, answers[:max(tooMany-1, 0)], true)
	if err != nil {
		return nil // not reached: a header, a question and an OPT record can always be written
	}
	return packet
}

func (q *question) write(code dnsmessage.RCode, answers []dnsmessage.ResourceBody, cut bool) ([]byte, error) {
	b := dnsmessage.NewBuilder(make([]byte, 0, smallest), dnsmessage.Header{
		ID: q.header.ID, Response: true, OpCode: q.header.OpCode, RecursionDesired: q.header.RecursionDesired,
		RecursionAvailable: true, Truncated: cut, RCode: code & 0xf,
	})
	b.EnableCompression()
	if q.asked.Name.Length > 0 {
		if err := b.StartQuestions(); err != nil {
			return nil, err
		}
		if err := b.Question(q.asked); err != nil {
			return nil, err
		}
	}
	if err := b.StartAnswers(); err != nil {
		return nil, err
	}
	head := dnsmessage.ResourceHeader{Name: q.asked.Name, Class: dnsmessage.ClassINET, TTL: ttl}
	for _, a := range answers {
		if err := add(&b, head, a); err != nil {
			return nil, err
		}
	}
	return q.finish(&b, code)
}

func add(b *dnsmessage.Builder, head dnsmessage.ResourceHeader, body dnsmessage.ResourceBody) error {
	switch body := body.(type) {
	case *dnsmessage.AResource:
		return b.AResource(head, *body)
	case *dnsmessage.AAAAResource:
		return b.AAAAResource(head, *body)
	case *dnsmessage.PTRResource:
		return b.PTRResource(head, *body)
	}
	return nil
}

// finish adds the OPT record, without which a client that sent one takes us for a server of last century.
func (q *question) finish(b *dnsmessage.Builder, code dnsmessage.RCode) ([]byte, error) {
	if q.edns {
		var h dnsmessage.ResourceHeader
		if err := b.StartAdditionals(); err != nil {
			return nil, err
		}
		if err := h.SetEDNS0(largestUDP, code, false); err != nil {
			return nil, err
		}
		if err := b.OPTResource(h, dnsmessage.OPTResource{}); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}
