"""Feedback workbooks: every row becomes a receipt or is reported, and reading them again changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from sqlalchemy import Engine, select

from credit_sync.channel_settings import ApiChannel, Channel
from credit_sync.errors import CreditSyncError, SettingsError, SourceError
from credit_sync.publishing.channels.channel import Answer
from credit_sync.publishing.feedback import Feedback, FeedbackMapping, Unclear, load_feedback_mapping, read_feedback
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts_import import read_file, rehearse, take_over
from credit_sync.publishing.receipts_workbook import Sent, understand
from credit_sync.settings import Settings
from credit_sync.store.engine import connect, writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import submission
from tests.publishing import EDITION_2018, LICENCE, MAPPINGS, PENALTY, PERSON, settings, store_record
