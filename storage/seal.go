package storage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"runtime/debug"

	"github.com/ctlake/ctlake/storage/catalog"
)

// sealing is a data file that is being sealed.
type sealing struct {
	bytes int64         // that it had buffered
	done  chan struct{} // closed when the rest is known
	file  catalog.DataFile
	// written is what is in the file, if it is to be verified.
	written *writtenRows
	err     error
}

// seal finishes the file of a day: on a goroutine beside, where there may be such. Files are sealed
// side by side, but taken over in the order in which that began.
//
//	write ──► seal: encode the rest, compress, write, fsync, rename ──┐
//	  └─────► further days                                            └─► collectSealed, awaitSealed
func (im *Import) seal(w *dayWriter) error {
	delete(im.days, w.day)
	s := &sealing{bytes: w.orc.BufferedBytes(), done: make(chan struct{}), written: w.written}
	if im.options.Parallelism <= 1 {
		s.run(im, w)
		im.sealing = append(im.sealing, s)
		return im.collectSealed()
	}
	for oldest := im.oldestSealing(); oldest != nil; oldest = im.oldestSealing() {
		n, bytes := im.sealingNow()
		if n < im.options.Parallelism && bytes+s.bytes <= im.maySeal {
			break
		}
		<-oldest.done
	}
	im.sealing = append(im.sealing, s)
	go s.run(im, w)
	return im.collectSealed()
}

// run seals the file. The writer's memory is free then, however long s waits to be taken over.
func (s *sealing) run(im *Import, w *dayWriter) {
	defer close(s.done)
	defer func() {
		if p := recover(); p != nil {
			s.err = errors.Join(fmt.Errorf("a fault in ctlake: %v\n%s", p, debug.Stack()), w.discard())
		}
	}()
	summary, err := w.seal()
	if err != nil {
		s.err = err
		return
	}
	s.file = catalog.DataFile{
		ID: path.Base(w.name[:len(w.name)-len(".orc")]), StoreID: im.store.ID, ImportID: im.id, Path: w.name,
		CalendarDay: w.day.Calendar(), Rows: w.rows, Bytes: summary.Bytes, RawBytes: w.rawBytes,
		MinEventTime: w.minMillis, MaxEventTime: w.maxMillis, HasEventTime: w.hasTime,
		Checksum: hex.EncodeToString(w.sum.Sum(nil)), Created: im.lake.now(),
	}
}

func (s *sealing) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// oldestSealing returns the file whose sealing began first of those that are not sealed yet; nil if there is none.
func (im *Import) oldestSealing() *sealing {
	for _, s := range im.sealing {
		if !s.ended() {
			return s
		}
	}
	return nil
}

// sealingNow returns how many files are being sealed, and how many bytes they had buffered.
func (im *Import) sealingNow() (n int, bytes int64) {
	for _, s := range im.sealing {
		if !s.ended() {
			n++
			bytes += s.bytes
		}
	}
	return n, bytes
}

// collectSealed takes over the files that are sealed, up to the first that is not.
func (im *Import) collectSealed() (first error) {
	for len(im.sealing) > 0 && im.sealing[0].ended() {
		s := im.sealing[0]
		im.sealing = im.sealing[1:]
		if s.err != nil {
			if first == nil {
				first = s.err
			}
			continue
		}
		if s.written != nil {
			if im.written == nil {
				im.written = map[string]*writtenRows{}
			}
			im.written[s.file.Path] = s.written
		}
		im.stored += s.file.Bytes
		im.files = append(im.files, s.file)
	}
	return first
}

// awaitSealed waits for all files that are being sealed.
func (im *Import) awaitSealed() error {
	for _, s := range im.sealing {
		<-s.done
	}
	return im.collectSealed()
}

// sealAll seals the files of all days.
func (im *Import) sealAll() error {
	for _, w := range im.openDays() {
		if err := im.seal(w); err != nil {
			return errors.Join(err, im.awaitSealed())
		}
	}
	return im.awaitSealed()
}

// sealDay seals the file of a day, if it has one, and waits for all that are being sealed. An error is one of Write, too.
func (im *Import) sealDay(day Day) error {
	if w := im.days[day]; w != nil && im.fault == nil {
		im.fault = im.seal(w)
	}
	if err := im.awaitSealed(); im.fault == nil {
		im.fault = err
	}
	return im.fault
}
