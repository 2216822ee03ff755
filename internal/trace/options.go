package trace

// Options are the priors and guards of a run. They are part of the record of a
// run: the same evidence under other options is another run.
type Options struct {
	// Prior masses; they add up to one.
	Nobody, Unrecorded, External, Insider, Pairs float64
	// Coarsening: evidence of n items counts as alpha/(alpha+n) of itself, so
	// that many items do not turn a small misfit into certainty.
	AlphaComplaints, AlphaRows float64
	// Enriched is the share of leaks whose users knew more than the leaker saw.
	Enriched float64
	// Framed is the share of leaks cut down to what a colleague was shown too.
	Framed float64
	// Guards: an accusation needs all of them.
	MinProbability float64 // of the name
	MinItems       float64 // distinct verified items inside the list
	MinPooled      float64 // pooled e-value
	MinDispersed   float64 // probability when recipients differ more than measured
	MinWithout     float64 // probability without the best single item
	MinStrata      float64 // probability when each stratum may complain at any rate of its own
	MinSecond      float64 // of a second name, on the items the first leaves
	MaxUnrecorded  float64 // above it no person is named
	MinResidue     float64 // chance of the complaints that the named leave over
	MinBeats       float64 // log by which the list beats shared and outside lists
	MinAlike       float64 // chance of so few regulars among the complaints inside
	MinRows        float64 // distinct persons inside, when only rows of found files speak for a name
	MinRowLead     float64 // log per row over others who were shown nearly all these rows
	MaxChance      float64 // chance that anybody's list holds a second name's own items
	Cap            float64 // claimed when a guard fails
	CapDealt       float64 // claimed when the list rather left by another way and was dealt out
}

// Defaults are the options every live run uses.
func Defaults() Options {
	return Options{
		Nobody: .08, Unrecorded: .045, External: .045, Insider: .74, Pairs: .09,
		AlphaComplaints: 1000, AlphaRows: 150, Enriched: .1, Framed: .03,
		MinProbability: .99, MinItems: 3, MinPooled: 100, MinDispersed: .95, MinWithout: .80, MinStrata: .80, MinSecond: .95,
		MaxUnrecorded: .20, MinResidue: .004, MinBeats: 3, MinAlike: .005,
		MinRows: 6, MinRowLead: .5, MaxChance: .01, Cap: .985, CapDealt: .5,
	}
}
