/* SPDX-License-Identifier: GPL-2.0
 * failkmem: makes the next attempts of XFS's kmem_alloc() fail for real, in one process. A kprobe on the kernel's
 * should_failslab() answers -ENOMEM for slab allocations with kmem_alloc's flags by a process of the given name.
 * Needs no fault injection in the kernel, which Debian's do not have; only kprobes. x86-64, and requests of at most
 * 8 KiB: larger ones do not come by there.
 *
 *   make -C /usr/src/linux-headers-RELEASE M=$PWD modules
 *   insmod failkmem.ko comm=victim left=23; perl victim.pl /mnt/xfs 300
 *   cat /sys/module/failkmem/parameters/failed
 *
 * `left` counts down, `failed` up; both can be written. A thread refused waits as long as `left` is above 0.
 */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

static char *comm = "victim";
static int left, failed;
module_param(comm, charp, 0644);
module_param(left, int, 0644);
module_param(failed, int, 0644);

void failkmem_return(void);
asm(".text\n.type failkmem_return, @function\nfailkmem_return:\n\tret\n.size failkmem_return, .-failkmem_return\n");

static int refuse(struct kprobe *probe, struct pt_regs *regs)
{
	gfp_t gfp = (gfp_t)regs->si;
	const gfp_t all = __GFP_NOWARN | __GFP_DIRECT_RECLAIM | __GFP_NORETRY | __GFP_NOFAIL | __GFP_NOMEMALLOC |
			  __GFP_RETRY_MAYFAIL;

	if (left <= 0 || (gfp & all) != (__GFP_NOWARN | __GFP_DIRECT_RECLAIM) || strcmp(current->comm, comm))
		return 0;
	left -= 1;
	failed += 1;
	/* As if it had returned -ENOMEM. */
	regs->ax = (unsigned long)-ENOMEM;
	regs->ip = (unsigned long)failkmem_return;
	return 1;
}

static struct kprobe probe = { .symbol_name = "should_failslab", .pre_handler = refuse };

static int __init start(void) { return register_kprobe(&probe); }
static void __exit stop(void) { unregister_kprobe(&probe); }
module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
