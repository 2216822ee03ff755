package evaltrace

import (
	"fmt"
	"strings"
)

// plot is a small drawing on a grid from 0 to 1 in both directions.
type plot struct{ strings.Builder }

const (
	plotLeft, plotTop   = 60.0, 30.0
	plotWide, plotTall  = 420.0, 260.0
	inkText, inkAxis    = "#57606a", "#8c959f"
	inkFirst, inkSecond = "#0969da", "#bf8700"
)

func newPlot(title, across, up string) *plot {
	p := &plot{}
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 360" font-family="sans-serif" font-size="12" role="img" aria-label="%s">`+"\n", title)
	fmt.Fprintf(p, `<rect width="520" height="360" fill="#ffffff"/>`+"\n")
	p.text(plotLeft, 18, "start", title)
	p.text(plotLeft+plotWide/2, 345, "middle", across)
	fmt.Fprintf(p, `<text x="16" y="%.0f" fill="%s" text-anchor="middle" transform="rotate(-90 16 %.0f)">%s</text>`+"\n", plotTop+plotTall/2, inkText, plotTop+plotTall/2, up)
	for i := range 6 {
		y := plotTop + plotTall*(1-float64(i)/5)
		fmt.Fprintf(p, `<line x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f" stroke="#d0d7de" stroke-width="0.5"/>`+"\n", plotLeft, y, plotLeft+plotWide, y)
		p.text(plotLeft-8, y+4, "end", [...]string{"0", ".2", ".4", ".6", ".8", "1"}[i])
	}
	return p
}

func (p *plot) text(x, y float64, anchor, s string) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" fill="%s" text-anchor="%s">%s</text>`+"\n", x, y, inkText, anchor, s)
}

func (p *plot) bar(x, wide, high float64, ink string) {
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, plotTop+plotTall*(1-high), wide, plotTall*high, ink)
}

func (p *plot) end() string {
	return p.String() + "</svg>\n"
}

// reliabilityPlot draws how often a claim was true beside what was claimed.
func reliabilityPlot(all []outcome) string {
	p := newPlot("How often a claim about the top name was true", "mean claim of the bin (cases in it)", "share that was true")
	fmt.Fprintf(p, `<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" stroke="%s" stroke-dasharray="4 4"/>`+"\n", plotLeft, plotTop+plotTall, plotLeft+plotWide, plotTop, inkAxis)
	for i, r := range reliability(all) {
		x, y := plotLeft+plotWide*r.claim, plotTop+plotTall*(1-r.hit)
		fmt.Fprintf(p, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`+"\n", x, y, inkFirst)
		p.text(min(x, plotLeft+plotWide-16), plotTop+plotTall+16+float64(i%2)*14, "middle", fmt.Sprintf("%.2f (%d)", r.claim, r.n))
	}
	return p.end()
}

// complaintsPlot draws how much the answer gains from more complaints.
func complaintsPlot(all []outcome) string {
	p := newPlot("Complaints needed", "true leak complaints (cases)", "share")
	wide := plotWide / float64(len(complaintBins))
	for i, in := range complaintBins {
		n, first, right := 0.0, 0.0, 0.0
		for _, o := range all {
			if in.holds(o) {
				n++
				first += float64(btoi(o.First))
				right += float64(btoi(o.Right))
			}
		}
		x := plotLeft + wide*float64(i)
		if n > 0 {
			p.bar(x+wide*.15, wide*.32, first/n, inkSecond)
			p.bar(x+wide*.5, wide*.32, right/n, inkFirst)
		}
		p.text(x+wide/2, plotTop+plotTall+18, "middle", fmt.Sprintf("%s (%.0f)", in.name, n))
	}
	fmt.Fprintf(p, `<rect x="300" y="8" width="10" height="10" fill="%s"/><rect x="400" y="8" width="10" height="10" fill="%s"/>`+"\n", inkSecond, inkFirst)
	p.text(314, 18, "start", "leaker first")
	p.text(414, 18, "start", "right")
	return p.end()
}
