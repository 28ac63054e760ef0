#include <sievert/base.h>

const char *sv_version(void)
{
	return "sievert " SIEVERT_VERSION;
}
