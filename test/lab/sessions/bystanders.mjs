// Who runs beside an incident, busy and innocent: a compiler, a writer that waits for the disk, a reader of a file in
// the cache, a healthy Python service.

/** What they need, made before recording. */
export const makeBystanders = (stand) => {
  stand.folder('objects');
  stand.folder('wal');
  stand.file('access.log', 24);
};

export const playBystanders = (stand) => {
  // Under emulation all takes ten times as long.
  stand.perl('cc1', 'compile.pl', stand.path('objects'), stand.emulated ? 12_000 : 150_000, '100000@1');
  stand.perl('postgres-wal', 'journal.pl', stand.path('wal/segment'), '1000000@12');
  stand.perl('log-shipper', 'read-again.pl', stand.path('access.log'), '1000000@8');
  stand.python('order-api', 'worker.py', 'healthy', 8);
};
