sievert_unit(sieve sv_sieve sv_builtin sv_detect sv_rules sv_sink sv_base)
