// Package machine tells how much memory a process has on the machine that it runs on, and how much processor time it has taken.
//
//	/proc/meminfo            MemTotal: 24018364 kB
//	/proc/self/cgroup        0::/user.slice/run.scope           of version 2, or
//	                         9:memory:/user.slice/run.scope     of version 1
//	/sys/fs/cgroup/user.slice/run.scope/memory.max, /sys/fs/cgroup/user.slice/memory.max, …
//
// The files are described in proc(5), cgroups(7) and the kernel's documents on control groups, versions 1 and 2.
package machine

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// unknown is taken for the memory of a machine that does not tell.
const unknown = 4 << 30

// Memory returns the memory of the machine in bytes, or what the control groups leave of it that the process is in, if that
// is less; 4 GiB where neither can be told.
func Memory() int64 { return memory(os.DirFS("/")) }

func memory(root fs.FS) int64 {
	total := int64(unknown)
	if text, err := fs.ReadFile(root, "proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) >= 2 && fields[0] == "MemTotal:" {
				if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil && kib > 0 {
					total = kib << 10
				}
			}
		}
	}
	const groups = "sys/fs/cgroup"
	total = within(total, root, groups, "/", "memory.max") // all that a container sees of its group
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return total
	}
	for line := range strings.Lines(strings.TrimSpace(string(text))) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) < 3:
		case parts[0] == "0" && parts[1] == "":
			total = within(total, root, groups, parts[2], "memory.max")
		case parts[1] == "memory":
			total = within(total, root, groups+"/memory", parts[2], "memory.limit_in_bytes")
		}
	}
	return total
}

// within returns the least of total and of what the files of a control group, and of those that it is in, say.
func within(total int64, root fs.FS, mount, group, file string) int64 {
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		if text, err := fs.ReadFile(root, path.Join(mount, at, file)); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
				total = min(total, limit)
			}
		}
		if at == "/" {
			return total
		}
	}
}
