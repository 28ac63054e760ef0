/* Deltas: the steps that sv_delta_apply() tells rebuild its result, whether asked for or not. */
#include "fuzz.h"
#include "git/pack.h"

#define MAX_RESULT (1u << 20)

static void rebuilds(struct sv_span base, const struct sv_delta_ops *ops, struct sv_span result)
{
	uint64_t at = 0;

	for (size_t i = 0; i < ops->len; i++) {
		const struct sv_delta_op *op = &ops->ptr[i], *last = i ? op - 1 : NULL;

		FUZZ_HOLDS(op->len != 0 && op->out == at && op->len <= result.len - at);
		if (op->base != SV_DELTA_INSERT) {
			FUZZ_HOLDS(op->base <= base.len && op->len <= base.len - op->base);
			FUZZ_HOLDS(memcmp(result.ptr + at, base.ptr + op->base, op->len) == 0);
		}
		/* neighbours that are one range are told as one */
		if (last)
			FUZZ_HOLDS(op->base == SV_DELTA_INSERT
					   ? last->base != SV_DELTA_INSERT
					   : last->base == SV_DELTA_INSERT ||
						     last->base + last->len != op->base);
		at += op->len;
	}
	FUZZ_HOLDS(at == result.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv_span in = sv_span(data, size);
	struct sv_span base = fuzz_take(&in, fuzz_number(&in, 2));
	SV_AUTO(sv_buf) with = {0};
	SV_AUTO(sv_buf) without = {0};
	SV_AUTO(sv_buf) again = {0}, replaced = {0};
	struct sv_delta_ops ops = {0}, coarse = {.least = (uint32_t)(1 + size % 200)};
	uint64_t base_size, result_size;
	int status = sv_delta_apply(base, in, MAX_RESULT, &with, &ops);

	FUZZ_HOLDS(status == sv_delta_apply(base, in, MAX_RESULT, &without, NULL));
	if (status == 0) {
		FUZZ_HOLDS(sv_delta_sizes(in, &base_size, &result_size) == 0);
		FUZZ_HOLDS(base_size == base.len && result_size == with.len);
		FUZZ_HOLDS(sv_span_equal(sv_buf_span(&with), sv_buf_span(&without)));
		rebuilds(base, &ops, sv_buf_span(&with));
		FUZZ_HOLDS(sv_delta_apply(base, in, MAX_RESULT, &again, &coarse) == 0);
		FUZZ_HOLDS(sv_span_equal(sv_buf_span(&with), sv_buf_span(&again)));
		rebuilds(base, &coarse, sv_buf_span(&again));
		for (size_t i = 0; i < coarse.len; i++)
			FUZZ_HOLDS(coarse.ptr[i].base == SV_DELTA_INSERT ||
				   coarse.ptr[i].len >= coarse.least);
	}
	sv_buf_reset(&again);
	if (sv_buf_append(&again, base.ptr, base.len) == 0) {
		bool turned = sv_delta_apply_here(&again, in, &coarse, &replaced);

		FUZZ_HOLDS(!turned || status == 0);
		FUZZ_HOLDS(sv_span_equal(sv_buf_span(&again), turned ? sv_buf_span(&with) : base));
		if (turned) {
			rebuilds(base, &coarse, sv_buf_span(&again));
			sv_delta_undo_here(&again, &coarse, sv_buf_span(&replaced));
			FUZZ_HOLDS(sv_span_equal(sv_buf_span(&again), base));
		}
	}
	sv_vec_release(&ops);
	sv_vec_release(&coarse);
	return 0;
}
