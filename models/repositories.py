"""The repositories of a unit of work."""

from functools import cached_property

from models.accounts import AccountRepository
from models.apps import AppRepository
from models.cascade import Cascade
from models.counted_users import CountedUserRepository
from models.default_roles import DefaultRoleRepository
from models.groups import GroupRepository
from models.imports import ImportRepository
from models.integrations import IntegrationRepository
from models.lockouts import LockoutRepository
from models.login_identifiers import LoginKeys
from models.recipients import RecipientRepository
from models.resource_types import ResourceTypeRepository
from models.resources import ResourceRepository
from models.roles import RoleRepository
from models.secrets.keys import Keys
from models.sessions import SessionRepository
from models.sms_codes import SmsNumberRepository
from models.store.client import Store
from models.store.last_revisions import LastRevisions
from models.store.scope import StoreScope
from models.tenants import TenantRepository
from models.tokens import TokenRepository
from models.webhook_delivery_log import DeliveryRepository
from models.webhooks import WebhookRepository


class Repositories:
    """Repositories that read and write through one scope; each is made at its first use."""

    def __init__(self, store: Store, scope: StoreScope, keys: Keys, country: str) -> None:
        self._store = store
        self.scope = scope
        self._keys = keys
        self._country = country
        self.login_keys = LoginKeys(country)

    @cached_property
    def users(self) -> CountedUserRepository:
        return CountedUserRepository(self._store, self.scope, self.login_keys)

    @cached_property
    def accounts(self) -> AccountRepository:
        return AccountRepository(self._store, self.scope)

    @cached_property
    def imports(self) -> ImportRepository:
        return ImportRepository(self._store, self.scope, self.login_keys)

    @cached_property
    def recipients(self) -> RecipientRepository:
        return RecipientRepository(self._store, self.login_keys)

    @cached_property
    def integrations(self) -> IntegrationRepository:
        return IntegrationRepository(self._store, self.scope)

    @cached_property
    def webhooks(self) -> WebhookRepository:
        return WebhookRepository(self._store, self.scope)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self._store, self.scope)

    @cached_property
    def apps(self) -> AppRepository:
        return AppRepository(self._store, self.scope)

    @cached_property
    def groups(self) -> GroupRepository:
        return GroupRepository(self._store, self.scope)

    @cached_property
    def roles(self) -> RoleRepository:
        return RoleRepository(self._store, self.scope)

    @cached_property
    def resources(self) -> ResourceRepository:
        return ResourceRepository(self._store, self.scope)

    @cached_property
    def resource_types(self) -> ResourceTypeRepository:
        return ResourceTypeRepository(self._store, self.scope)

    @cached_property
    def cascade(self) -> Cascade:
        return Cascade(self._store, self.scope)

    @cached_property
    def last_revisions(self) -> LastRevisions:
        return LastRevisions(self._store, self.scope)

    @cached_property
    def tokens(self) -> TokenRepository:
        return TokenRepository(self._store, self.scope)

    @cached_property
    def sms_numbers(self) -> SmsNumberRepository:
        return SmsNumberRepository(self._store, self.scope, self._keys, self._country)

    @cached_property
    def sessions(self) -> SessionRepository:
        return SessionRepository(self._store, self.scope)

    @cached_property
    def lockouts(self) -> LockoutRepository:
        return LockoutRepository(self._store, self.scope, self._keys, self.login_keys)

    @cached_property
    def tenants(self) -> TenantRepository:
        return TenantRepository(self._store, self.scope, self._keys)

    @cached_property
    def default_roles(self) -> DefaultRoleRepository:
        return DefaultRoleRepository(self._store, self.scope)
