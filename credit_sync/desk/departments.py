"""Departments: whose matters a user sees. Every query about applicants goes through here."""

from sqlalchemy import ColumnElement, or_, true

from credit_sync.desk.rights import User
from credit_sync.records import Applicant
from credit_sync.reporting.labels import NO_DEPARTMENT
from credit_sync.store.schema import applicant


def of_user(user: User) -> ColumnElement[bool]:
    """The applicants that are the user's; those without a department are its who has 未填处室 or all departments."""
    if user.all_departments:
        return true()
    own = applicant.c.department.in_(sorted(user.departments))
    return or_(own, applicant.c.department == "") if NO_DEPARTMENT in user.departments else own


def is_of_user(user: User, found: Applicant) -> bool:
    """The same of one applicant."""
    return user.sees(found.department or NO_DEPARTMENT)
