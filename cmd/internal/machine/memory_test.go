package machine

import (
	"maps"
	"testing"
	"testing/fstest"
)

func TestMemory(t *testing.T) {
	of := func(path, text string) fstest.MapFS { return fstest.MapFS{path: {Data: []byte(text)}} }
	machine := of("proc/meminfo", "MemTotal:       24018364 kB\nMemFree:          612340 kB\n")
	const all = 24018364 << 10
	v2 := of("proc/self/cgroup", "0::/user.slice/run.scope\n")
	v1 := of("proc/self/cgroup", "12:cpu,cpuacct:/\n9:memory:/docker/abc\n")
	for _, c := range []struct {
		name  string
		files []fstest.MapFS
		want  int64
	}{
		{"nothing is told", nil, 4 << 30},
		{"a machine", []fstest.MapFS{machine}, all},
		{"no number", []fstest.MapFS{of("proc/meminfo", "MemTotal: much kB\n")}, 4 << 30},
		{"no limit", []fstest.MapFS{machine, v2, of("sys/fs/cgroup/user.slice/run.scope/memory.max", "max\n")}, all},
		{"a container", []fstest.MapFS{machine, of("proc/self/cgroup", "0::/\n"), of("sys/fs/cgroup/memory.max", "536870912\n")}, 512 << 20},
		{"its own group", []fstest.MapFS{machine, v2, of("sys/fs/cgroup/user.slice/run.scope/memory.max", "1073741824\n")}, 1 << 30},
		{"a group around it", []fstest.MapFS{machine, v2, of("sys/fs/cgroup/user.slice/memory.max", "1073741824\n"),
			of("sys/fs/cgroup/user.slice/run.scope/memory.max", "2147483648\n")}, 1 << 30},
		{"more than there is", []fstest.MapFS{machine, v2, of("sys/fs/cgroup/user.slice/memory.max", "107374182400000\n")}, all},
		{"version 1", []fstest.MapFS{machine, v1, of("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "268435456\n")}, 256 << 20},
		{"version 1 without a limit", []fstest.MapFS{machine, v1, of("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")}, all},
		{"no path leads out", []fstest.MapFS{machine, of("proc/self/cgroup", "0::/../../etc\n")}, all},
	} {
		files := fstest.MapFS{}
		for _, f := range c.files {
			maps.Copy(files, f)
		}
		if got := memory(files); got != c.want {
			t.Errorf("%s: %d bytes, not %d", c.name, got, c.want)
		}
	}
	if Memory() <= 0 {
		t.Errorf("this machine has %d bytes", Memory())
	}
}
