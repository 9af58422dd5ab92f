"""Goal: docs/mission.md leaves no rule out and names nothing that is not there. Method: every test function, file, charter key, event type and
quoted check is looked up where the page says that it is, and every test program must cite its rules. Prints what is missing."""
import re
from pathlib import Path

page = Path('docs/mission.md').read_text(encoding='utf-8')
rows = '\n'.join(line for line in page.splitlines() if line.startswith('| S'))
events = Path('proto/events.def').read_text(encoding='utf-8')
types = set(re.findall(r'EVENT\(\w+, "([^"]+)"', events))
keys = set(re.findall(r'[\w-]+', Path('docs/charters.md').read_text(encoding='utf-8'))) | set(re.findall(r'FIELD\(\w+, "([^"]+)"', events))
checks = {'sim': ''.join(p.read_text(encoding='utf-8') for p in Path('tests/sim').glob('*.c')),
          'year': Path('tests/e2e/year.py').read_text(encoding='utf-8')}


def missing():
    for number in range(1, 27):
        if f'\n| S0-{number} |' not in page:
            yield f'S0-{number}: no row'
    for row, name, functions in ((line.split()[1], *found) for line in rows.splitlines()
                                 for found in re.findall(r'`(test_\w+)`: ([\w, ]+)', line)):
        program = Path('tests/unit', name + '.c')
        text = program.read_text(encoding='utf-8') if program.is_file() else ''
        if not re.search(rf'\b{row}\b', text):
            yield f'{name}: does not cite {row}'
        for function in re.findall(r'\w+', functions):
            if not re.search(rf'cmocka_unit_test\w*\((test_)?{function}\b', text):
                yield f'{name}: no test {function}'
    for name in re.findall(r'`([^`]+)`', rows):
        if name.startswith(('test_', 'dubanctl ')):
            continue
        if not (Path(name).exists() if '/' in name else name in types if '.' in name and not name[0].isdigit()
                else set(re.findall(r'[\w-]+', name)) <= keys):
            yield f'`{name}`: neither a file nor a key, a field or an event type'
    for where, quoted in re.findall(r'\b(sim|year) ((?:"[^"]+"(?:, )?)+)', rows):
        for check in re.findall(r'"([^"]+)"', quoted):
            if check not in checks[where]:
                yield f'{where}: no check "{check}"'


for fault in missing():
    print(fault)
