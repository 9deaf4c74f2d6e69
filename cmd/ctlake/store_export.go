package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
)

func (a *app) exportStoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export NAME DIR|FILE.tar", Short: "Write an event data store to a folder or a tar file",
		Long: "Writes a store, as it is at this moment, with all that the lake knows of it: data files, imports, archives, the log of\n" +
			"purges, and a list of SHA-256. The store stays as it is. ctlake store import makes a store of it again, in any lake.",
		Example: "  ctlake store export trail trail.tar\n  ctlake store export trail /mnt/backup/trail",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("export which store, and to where? ctlake store export NAME DIR|FILE.tar")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				e, err := lake.Export(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return writeLine(a.out, "%s: %s in %s, %s", e.Name, output.Count(e.Events, "event"), output.Count(int64(e.Files), "file"), humanBytes(e.Bytes))
			})
		},
	}
}

func (a *app) importStoreCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "import DIR|FILE.tar", Short: "Make a store of an exported one",
		Long: "Makes a store of what ctlake store export wrote, with the same ID, and prints it as JSON. Every file is held against the\n" +
			"SHA-256 that it was exported with; the lake takes all of it, or nothing.",
		Example: "  ctlake store import trail.tar\n  ctlake store import trail.tar --name restored",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("import what? Name a folder or a tar file that ctlake store export wrote")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inLake(cmd.Context(), true, func(lake *storage.Lake) error {
				store, err := lake.ImportStore(cmd.Context(), args[0], name)
				if err != nil {
					return err
				}
				return a.showStore(cmd.Context(), lake, store.ID)
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "another name for the store")
	return cmd
}

func (a *app) copyCommand() *cobra.Command {
	var o storage.CopyOptions
	cmd := &cobra.Command{
		Use: "copy DIR", Short: "Copy the whole lake, also while it is in use",
		Long: "Makes a lake in a new folder that holds what this one does at this moment, whoever writes to it or queries it. Data files\n" +
			"never change: they are linked where both lakes lie on one file system, else copied and held against their SHA-256.\n" +
			"A backup that is to survive the disk needs another disk, or --bytes and a place to move it to.",
		Example: "  ctlake copy /mnt/backup/lake\n  ctlake copy snapshot --bytes",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("copy to where? Name a new folder")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				c, err := lake.Copy(cmd.Context(), args[0], o)
				if err != nil {
					return err
				}
				how := "copied"
				switch {
				case c.Linked == c.Files && c.Files > 0:
					how = "linked"
				case c.Linked > 0:
					how = fmt.Sprintf("%d of them linked", c.Linked)
				}
				return writeLine(a.out, "%s, %s, %s, %s", output.Count(int64(c.Stores), "event data store"), output.Count(int64(c.Files), "data file"), humanBytes(c.Bytes), how)
			})
		},
	}
	cmd.Flags().BoolVar(&o.Bytes, "bytes", false, "copy data files also where they could be linked")
	return cmd
}
