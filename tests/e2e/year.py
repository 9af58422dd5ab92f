"""Judges the journal of routines.sh: year.py JOURNAL CHARTER. Each check is a line of the charter counted out; the last line is
`N passed, N failed`."""
import json
import sys
from collections import Counter, defaultdict

events = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
charter = json.load(open(sys.argv[2], encoding='utf-8'))
by_type = defaultdict(list)
for event in events:
    by_type[event['type']].append(event)
groups = [body['id'] for body in charter['bodies'] if body['level'] == 'group']
MONTHS = [f'2020-{month:02d}' for month in range(1, 13)]
passed = failed = 0


def check(name, good, detail=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print('FAILED', name, str(detail)[:600])


def duties(what, routine, body=None):
    return [e for e in by_type['duty.' + what] if e['data']['routine'] == routine and body in (None, e['data']['body'])
            and e['data']['by'] <= '2020-12-31']


# duties: group-05 met them, nobody else did anything
for routine, months in (('group-meeting', MONTHS), ('progress-hearing', MONTHS[2::3]), ('key-tasks', MONTHS[11:])):
    met = {e['data']['by'][:7] for e in duties('met', routine, 'group-05') if e['data']['ontime']}
    check(f'{routine}: group-05 in time', met == set(months), met)
    missed = Counter(e['data']['body'] for e in duties('missed', routine))
    check(f'{routine}: all others missed each', missed == {g: len(months) for g in groups if g != 'group-05'}, missed)
late = [e['data'] for e in duties('met', 'information', 'group-05') if not e['data']['ontime']]
check("April's report came late", [d['by'] for d in late] == ['2020-04-30'], late)
check('and was missed', [e['data']['by'] for e in duties('missed', 'information', 'group-05')] == ['2020-04-30'])
opened = Counter(e['subject'] for e in by_type['duty.opened'])
check('no occurrence opens twice', max(opened.values()) == 1)
ended = {e['subject'] for t in ('duty.met', 'duty.missed') for e in by_type[t]}
check('all of the year have ended', not [s for s in opened if s[-10:] <= '2020-12-31' and s not in ended])

# minutes become supervised items, each once
items = [e for e in by_type['supervision.opened']]
minuted = Counter((e['data'].get('meeting'), e['data']['title']) for e in items if 'meeting' in e['data'])
wanted = {(f'LH-{m[5:]}', f'推进{m[5:]}月事项'): 1 for m in MONTHS}
wanted[('HY-2', '年度工作要点')] = 1
check('each item of the minutes is supervised once', {k: minuted[k] for k in wanted} == wanted and len(minuted) == len(wanted), minuted)
check('by the office and both inspection offices', all(set(e['data']['supervisors']) == {'office.head', 'inspection.party', 'inspection.government'} for e in items))
check("a decision's origin", [e['data']['origin'] for e in items if e['data'].get('meeting') == 'HY-2'] == ['decision'])
check('the annual list is supervised', [e['data']['units'] for e in items if e['data']['title'] == '统一申报口径'] == [['市税务局']])
filed = [e['data'] for e in by_type['filing.recorded'] if e['data']['routine'] == 'key-tasks']
check('the list is on file, compared', len(filed) == 1 and filed[0]['added'] == ['统一申报口径'], filed)

# inspection
findings = {(e['data']['unit'], e['data']['number']) for e in by_type['finding.recorded']}
check('a refusal and a finding', len(findings) == 2 and {unit for unit, _ in findings} == {'市住房建设局'}, findings)
check('the reply is on record', [e['data']['result'] for e in by_type['inspection.replied']] == ['refused'])

# evaluation: published at its day, and again after the late paper
scores = [e for e in by_type['scores.published'] if e['data']['period'] == '2020']
check('published twice, counted', [e['data']['number'] for e in scores] == [1, 2], [e['data']['number'] for e in scores])
for published in scores:
    rows = [r for r in published['data']['scores'] if 'unit' in r and 'rank' in r]
    units = {u['name'] for u in charter['units'] if not u.get('external')}
    check('every unit is ranked', {r['unit'] for r in rows} == units, len(rows))
    ordered = sorted(rows, key=lambda r: -r['points'])
    check('by points, ties alike', all(r['rank'] == 1 + sum(o['points'] > r['points'] for o in rows) for r in ordered))
check('who owed a self-check is named', '市财政局' in scores[0]['data'].get('units', []) and '市税务局' not in scores[0]['data'].get('units', []))
first, second = ({r['unit']: r['points'] for r in s['data']['scores'] if 'unit' in r and 'rank' in r} for s in scores[:2])
check('the late self-check counts', second['市财政局'] != first['市财政局'] and second['市税务局'] == first['市税务局'])

# bulletins name who did not report
bulletins = {e['data']['period']: e for e in by_type['bulletin.published']}
check('a bulletin each month', set(MONTHS) <= set(bulletins), sorted(bulletins))
names = {b['id']: b['name'] for b in charter['bodies']}
for month in MONTHS:
    text = bulletins[month]['data']['text'] if month in bulletins else ''
    check(f'{month}: who did not report', '未报送' in text and names['group-07'] in text, month)
corrected = [e['data'] for e in by_type['bulletin.corrected']]
check("April's bulletin is corrected", any(d['period'] == '2020-04' for d in corrected), [d['period'] for d in corrected])
print(f'{passed} passed, {failed} failed')
sys.exit(failed != 0)
