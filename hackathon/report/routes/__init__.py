"""The pages of the report: quarters, and what an event leaves behind."""

from hackathon.report.routes import certificates, quarters, retrospective, survey
from hackathon.report.routes.blueprint import blueprint

__all__ = ["blueprint", "certificates", "quarters", "retrospective", "survey"]
