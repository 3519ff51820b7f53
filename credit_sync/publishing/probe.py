"""Trying a channel without changing anything, for `credit-sync check`."""

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels import probe_channel
from credit_sync.publishing.feedback import load_feedback_mapping
from credit_sync.publishing.standard import load_standard
from credit_sync.settings import Settings
from credit_sync.subjects.identifiers import uscc


def probe(settings: Settings, name: str) -> str:
    """One line in Chinese on a channel that works. Raises CreditSyncError for one that does not."""
    channel, mappings = settings.channels[name], settings.mappings_folder
    standard = load_standard(mappings, channel.standard)
    if isinstance(channel, WorkbookChannel):
        load_feedback_mapping(mappings, channel.receipts)
    if not uscc.is_valid(settings.department.uscc):
        raise CreditSyncError(
            "department.uscc 没有填写或校验不通过", remedy="请填写本部门的统一社会信用代码，报送时必填"
        )
    return f"{standard.title}，{probe_channel(settings, name)}"
