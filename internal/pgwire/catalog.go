package pgwire

import "github.com/goldbell/goldbell/internal/enrolment"

// catalog is the views of the enrolled database, as statements name them.
type catalog struct {
	views    []view
	prefixes []string
}

// view is one placeholder view.
type view struct {
	table   *enrolment.Table
	name    string // without a schema
	columns []column
}

// column is one column of a view.
type column struct {
	name      string
	protected bool
	indexed   bool // may be looked up by value
	of        enrolment.Column
}

func newCatalog(e Enrolled) *catalog {
	c := &catalog{}
	for _, t := range e.Tables.In(e.Database) {
		c.prefixes = append(c.prefixes, t.ID.Prefix())
		v := view{table: t, name: t.View}
		for _, name := range t.Plain {
			v.columns = append(v.columns, column{name: name})
		}
		for _, p := range t.Columns {
			v.columns = append(v.columns, column{name: p.Name, protected: true, indexed: p.Text && p.Find, of: p})
			if p.Companion != "" {
				v.columns = append(v.columns, column{name: p.Companion, protected: true, indexed: p.Find, of: p})
			}
		}
		c.views = append(c.views, v)
	}
	return c
}

func (v *view) column(name string) *column {
	for i := range v.columns {
		if v.columns[i].name == name {
			return &v.columns[i]
		}
	}
	return nil
}

// find finds a view by its name.
func (c *catalog) find(name string) *view {
	for i := range c.views {
		if c.views[i].name == name {
			return &c.views[i]
		}
	}
	return nil
}
