// This file reads how users are mapped between user namespaces: man 7 user_namespaces.
package look

import "fmt"

// IDRange says that the ids Inside, Inside+1 … of the process's user namespace are Outside, Outside+1 … in the reader's.
type IDRange struct {
	Inside  uint32 `json:"inside"`
	Outside uint32 `json:"outside"`
	Size    uint32 `json:"size"`
}

// IDMap reads "uid_map" or "gid_map" of a process. It is empty until somebody has written it.
func IDMap(pid int, file string) ([]IDRange, error) {
	text, err := readProc(pid, file)
	if err != nil {
		return nil, err
	}
	return parseIDMap(text)
}

func parseIDMap(text string) ([]IDRange, error) {
	ranges := []IDRange{}
	numbers, err := fields{"map": text}.ints("map")
	if err != nil {
		return nil, err
	}
	if len(numbers)%3 != 0 {
		return nil, fmt.Errorf("read the id map: unexpected text %q", text)
	}
	for i := 0; i < len(numbers); i += 3 {
		ranges = append(ranges, IDRange{uint32(numbers[i]), uint32(numbers[i+1]), uint32(numbers[i+2])})
	}
	return ranges, nil
}
