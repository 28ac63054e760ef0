sievert_unit(holders sv_git sv_base)
