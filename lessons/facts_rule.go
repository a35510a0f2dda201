// This file answers facts about firewall rules, written as nft prints them.
package lessons

import (
	"fmt"

	"glassbox/kernel/look/nft"
)

func ruleKinds() []kind {
	return []kind{
		{"a rule at {hook} of {pid} has counted a packet and says {words}", countingRule},
		{"a rule at {hook} of {pid} says {words}", rule},
		{"map {name} of {pid} sends {key} to {value}", mapSends},
	}
}

// rulesAt reads the rules that packets meet at a hook ("postrouting"), those of chains that are jumped to from there included.
func rulesAt(hook, word string) (rules []nft.Rule, where string, err error) {
	file, err := netns(word)
	if err != nil {
		return nil, "", err
	}
	tables, err := nft.Tables(file)
	if err != nil {
		return nil, "", err
	}
	for _, t := range tables {
		for _, c := range t.Chains {
			if c.Hook == hook {
				rules = append(rules, c.Rules...)
			}
		}
	}
	return rules, file, nil
}

// findRule looks for rules like words, with * for anything.
func findRule(args []string, also func(nft.Rule) bool) (finding, error) {
	rules, where, err := rulesAt(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	var f finding
	for _, r := range rules {
		f.holds = f.holds || like(args[2], r.Text) && also(r)
		f.evidence = append(f.evidence, fmt.Sprintf("nf_tables in %s, %s: %s", where, args[0], r.Text))
	}
	if len(rules) == 0 {
		f.evidence = []string{fmt.Sprintf("nf_tables in %s: no rules at %s", where, args[0])}
	}
	return f, nil
}

func rule(args []string) (finding, error) {
	return findRule(args, func(nft.Rule) bool { return true })
}

func countingRule(args []string) (finding, error) {
	return findRule(args, func(r nft.Rule) bool { return r.Counter != nil && r.Counter.Packets > 0 })
}

// mapSends looks for an element in a named map of the firewall.
func mapSends(args []string) (finding, error) {
	file, err := netns(args[1])
	if err != nil {
		return finding{}, err
	}
	tables, err := nft.Tables(file)
	if err != nil {
		return finding{}, err
	}
	var f finding
	for _, t := range tables {
		for _, s := range t.Sets {
			if s.Name != args[0] {
				continue
			}
			for _, e := range s.Elements {
				f.holds = f.holds || e.Key == args[2] && like(args[3], e.Value)
				f.evidence = append(f.evidence, fmt.Sprintf("nf_tables in %s: map %s: %s -> %s", file, s.Name, e.Key, e.Value))
			}
		}
	}
	if len(f.evidence) == 0 {
		f.evidence = []string{fmt.Sprintf("nf_tables in %s: no map %s, or nothing in it", file, args[0])}
	}
	return f, nil
}
