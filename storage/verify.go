// This file computes every digest of an image again. It trusts nothing that was written down, and shares no code with what reads
// images: a document is hashed as it lies on the disk, whatever is in it.
package storage

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/kernel"
	"glassbox/storage/archive"
)

// Check is one digest, computed again.
type Check struct {
	What  string // "layer 2: diffID"
	Want  string // what it is said to be
	Got   string // what it is; empty if it could not be computed
	Error string
	Shell string // how to compute it by hand
}

// OK says whether the digest is right.
func (c Check) OK() bool { return c.Want == c.Got }

// Verify checks all digests of an image: manifest, config (the image's id), and of each layer digest, diffID and chainID.
func (s *Store) Verify(ref string) ([]Check, error) {
	index, err := s.index()
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", ref, err)
	}
	d, err := s.find(index, ref)
	if err != nil {
		return nil, err
	}
	v := &verifier{store: s}
	var m v1.Manifest
	v.document("manifest", d.Digest, &m)
	var config v1.ConfigFile
	v.document("config, the image's id", m.Config.Digest, &config)
	v.layers(m.Layers, config.RootFS.DiffIDs)
	return v.checks, nil
}

type verifier struct {
	store  *Store
	checks []Check
}

func (v *verifier) add(what string, want v1.Hash, got string, err error, shell string) {
	c := Check{What: what, Want: want.String(), Got: got, Shell: shell}
	if err != nil {
		c.Error = err.Error()
	}
	v.checks = append(v.checks, c)
}

func (v *verifier) document(what string, h v1.Hash, into any) {
	path := v.store.blob(h)
	data, err := os.ReadFile(path)
	got := ""
	if err == nil {
		got = sum(data)
		err = json.Unmarshal(data, into)
	}
	v.add(what, h, got, err, kernel.Quote("sha256sum", path))
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(h[:])
}

func (v *verifier) layers(blobs []v1.Descriptor, diffIDs []v1.Hash) {
	if len(blobs) != len(diffIDs) {
		v.checks = append(v.checks, Check{What: "layers", Want: fmt.Sprintf("%d in the manifest", len(blobs)), Got: fmt.Sprintf("%d in the config", len(diffIDs))})
		return
	}
	chain := ""
	for i, b := range blobs {
		what := fmt.Sprintf("layer %d: ", i+1)
		path := v.store.blob(b.Digest)
		digest, diffID, err := v.hashes(path)
		v.add(what+"digest, of the packed archive", b.Digest, digest, err, kernel.Quote("sha256sum", path))
		v.add(what+"diffID, of the archive", diffIDs[i], diffID, err, unpackCommand(path)+" | sha256sum")
		shell := "the diffID: it is the lowest layer"
		want := diffIDs[i].String()
		if i > 0 {
			shell = fmt.Sprintf("printf '%%s %%s' %s %s | sha256sum", chain, diffID)
			want = sum([]byte(v.chain(diffIDs[:i]) + " " + diffIDs[i].String()))
			diffID = sum([]byte(chain + " " + diffID))
		}
		chain = diffID
		hash, _ := v1.NewHash(want)
		v.add(what+"chainID, of this and all below", hash, chain, err, shell)
	}
}

// chain is the chainID that the config's diffIDs make.
func (v *verifier) chain(diffIDs []v1.Hash) string {
	var c v1.Hash
	for _, d := range diffIDs {
		c = chainID(c, d)
	}
	return c.String()
}

// unpackCommand prints the command that takes an archive out of its packing.
func unpackCommand(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return kernel.Quote("cat", path)
	}
	defer f.Close()
	kind, err := archive.Detect(bufio.NewReader(f))
	if err != nil {
		return kernel.Quote("cat", path)
	}
	return kernel.Quote(map[archive.Compression]string{archive.Plain: "cat", archive.Gzip: "zcat", archive.Zstd: "zstdcat"}[kind], path)
}

// hashes reads a blob once for both of its hashes.
func (v *verifier) hashes(path string) (digest, diffID string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	whole := sha256.New()
	stream, err := v.store.Codecs.NewStream(io.TeeReader(f, whole), archive.DefaultLimits())
	if err == nil {
		diffID, err = stream.Finish()
		stream.Close()
	}
	// What is behind a damaged place has to be hashed, too.
	if _, copyErr := io.Copy(whole, f); copyErr != nil {
		return "", "", copyErr
	}
	return "sha256:" + hex.EncodeToString(whole.Sum(nil)), diffID, err
}
