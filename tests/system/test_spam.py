"""SpamAssassin finds nothing in any sample of a mail. `scripts/test` fetches it; only its local tests run."""

import subprocess
from pathlib import Path

import pytest

from alertbridge.cli.preview import write_samples

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2] / ".cache" / "debian" / "spam"
SCORE = """
use Mail::SpamAssassin;
my $rules = shift @ARGV;
my $assassin = Mail::SpamAssassin->new({
    local_tests_only => 1, dont_copy_prefs => 1, rules_filename => "$rules/usr/share/spamassassin",
    site_rules_filename => "$rules/etc/spamassassin", userprefs_filename => "/dev/null",
    post_config_text => "use_bayes 0\\n",
});
for my $file (@ARGV) {
    open(my $mail, "<", $file) or die $file;
    my $status = $assassin->check($assassin->parse(join("", <$mail>)));
    printf("%s %.1f %s\\n", $file, $status->get_score(), $status->get_names_of_tests_hit());
}
"""


def test_no_sample_of_a_mail_has_a_spam_score(tmp_path: Path):
    samples = [f"{path}.eml" for path in write_samples(tmp_path / "mails")]
    libraries = [f"-I{path}" for path in (ROOT / "usr/share/perl5", *ROOT.glob("usr/lib/*/perl5/5.*"))]

    scored = subprocess.run(
        ["perl", "-T", *libraries, "-e", SCORE, "--", str(ROOT), *samples],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    assert scored.returncode == 0, scored.stderr
    lines = [line.removeprefix(f"{tmp_path}/mails/") for line in scored.stdout.splitlines()]
    assert len(lines) == len(samples)
    assert [line for line in lines if float(line.split()[1]) >= 0.05] == []
