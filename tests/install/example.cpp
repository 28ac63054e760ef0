// The same from C++: the headers are extern "C", and a stream is scanned by its descriptor.
#include <cstdio>
#include <memory>
#include <sievert/sievert.h>

int main()
{
	sv_target target{};
	target.kind = SV_TARGET_FD;
	target.fd = 0;
	sv_err err{};
	sv_ruleset *rules = nullptr;
	if (sv_ruleset_open(nullptr, &rules, &err) < 0) {
		std::fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	std::unique_ptr<sv_ruleset, void (*)(sv_ruleset *)> owned(rules, sv_ruleset_free);
	sv_scan_options options{};
	options.ruleset = rules;
	options.targets = &target;
	options.n_targets = 1;
	sv_report *report = nullptr;
	if (sv_scan_run(&options, &report, &err) < 0) {
		std::fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	std::unique_ptr<sv_report, void (*)(sv_report *)> told(report, sv_report_free);
	for (size_t i = 0; i < report->n_findings; i++)
		std::printf("line %u: %s (%s)\n", report->findings[i].places[0].line,
			    report->findings[i].rule->name, report->findings[i].rule->id);
	return report->n_findings != 0;
}
