package proof

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// member is one file of a pack.
type member struct {
	name string
	data []byte
}

const (
	localSize   = 30
	localMagic  = "PK\x03\x04"
	dirMagic    = "PK\x01\x02"
	endMagic    = "PK\x05\x06"
	zipVersion  = 20
	maxZipNames = 0xffff - 1
)

// MaxPackSize is the largest pack that is written or read, in bytes.
const MaxPackSize = 256 << 20

// encodeZip writes the one zip file these members have: stored, in this order,
// times and attributes zero, nothing before, between or after.
func encodeZip(members []member) []byte {
	var out, dir []byte
	for _, m := range members {
		common := zipCommon(m)
		offset := uint32(len(out))
		out = append(append(append(append(out, localMagic...), common...), m.name...), m.data...)

		dir = append(dir, dirMagic...)
		dir = binary.LittleEndian.AppendUint16(dir, zipVersion)
		dir = append(dir, common...)
		dir = append(dir, make([]byte, 10)...) // comment, disk, attributes
		dir = binary.LittleEndian.AppendUint32(dir, offset)
		dir = append(dir, m.name...)
	}
	offset := uint32(len(out))
	out = append(append(append(out, dir...), endMagic...), 0, 0, 0, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(members)))
	out = binary.LittleEndian.AppendUint16(out, uint16(len(members)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(dir)))
	out = binary.LittleEndian.AppendUint32(out, offset)
	return append(out, 0, 0)
}

// zipCommon is what a member's two headers share.
func zipCommon(m member) []byte {
	b := binary.LittleEndian.AppendUint16(nil, zipVersion)
	b = append(b, make([]byte, 8)...) // flags, method, time, date
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(m.data))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.data)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(m.name)))
	return append(b, 0, 0) // no extra field
}

// decodeZip reads the members from their local headers, then encodes them again:
// a file that differs in any byte is refused, so no reader can see other members
// in it than this one.
func decodeZip(file []byte) ([]member, error) {
	var members []member
	b := file
	for bytes.HasPrefix(b, []byte(localMagic)) {
		if len(b) < localSize {
			return nil, fail("pack", "cut")
		}
		crc, size := binary.LittleEndian.Uint32(b[14:]), uint64(binary.LittleEndian.Uint32(b[18:]))
		name := uint64(binary.LittleEndian.Uint16(b[26:]))
		switch {
		case !bytes.Equal(b[6:10], make([]byte, 4)): // flags and method
			return nil, fail("pack", "repacked")
		case uint64(len(b)) < localSize+name+size:
			return nil, fail("pack", "cut")
		case len(members) == maxZipNames:
			return nil, fail("pack", "too-large")
		}
		m := member{string(b[localSize : localSize+name]), b[localSize+name : localSize+name+size]}
		if crc32.ChecksumIEEE(m.data) != crc {
			return nil, fail(known(m.name), "crc")
		}
		members = append(members, m)
		b = b[localSize+name+size:]
	}
	if whole := encodeZip(members); !bytes.Equal(whole, file) {
		if len(members) > 0 && bytes.HasPrefix(whole, file) {
			return nil, fail("pack", "cut")
		}
		return nil, fail("pack", "zip")
	}
	return members, nil
}
