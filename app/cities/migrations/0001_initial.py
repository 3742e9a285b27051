import cities.geo
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


# All that this project's tables and constraints use; trips' exclusion constraint needs btree_gist. The database role need
# not be allowed to create them where somebody (our postgres image) already has. They stay when the migration is undone:
# other things in the database may use them.
EXTENSIONS = ("cube", "earthdistance", "pg_trgm", "btree_gist")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        *(
            migrations.RunSQL(f"CREATE EXTENSION IF NOT EXISTS {extension}", migrations.RunSQL.noop)
            for extension in EXTENSIONS
        ),
        migrations.CreateModel(
            name='CityImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(help_text='Digest of the imported data: the same one is not imported twice', max_length=100)),
                ('source', models.CharField(help_text='The file or address it came from', max_length=500)),
                ('countries', models.PositiveIntegerField()),
                ('regions', models.PositiveIntegerField()),
                ('cities', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField(help_text='Rows of the three tables that were inserted or updated')),
                ('finished', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('-id',),
                'get_latest_by': 'id',
            },
        ),
        migrations.CreateModel(
            name='Country',
            fields=[
                ('code', models.CharField(help_text='ISO 3166-1 alpha-2', max_length=2, primary_key=True, serialize=False)),
                ('code3', models.CharField(help_text='ISO 3166-1 alpha-3', max_length=3, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('currency', models.CharField(blank=True, help_text='ISO 4217', max_length=3, null=True)),
                ('tld', models.CharField(blank=True, help_text='Without the dot', max_length=10, verbose_name='top-level domain')),
                ('capital', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name_plural': 'countries',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Region',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Unique within the country', max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('ascii_name', models.CharField(max_length=200, verbose_name='ASCII name')),
                ('country', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='regions', to='cities.country')),
            ],
            options={
                'ordering': ('country_id', 'name'),
            },
        ),
        migrations.CreateModel(
            name='City',
            fields=[
                ('id', models.IntegerField(primary_key=True, serialize=False, verbose_name='GeoNames id')),
                ('name', models.CharField(max_length=200)),
                ('ascii_name', models.CharField(max_length=200, verbose_name='ASCII name')),
                ('search', models.TextField(editable=False, help_text='What a search looks through: its names as cities.bundle.text.spellings() writes them')),
                ('aliases', models.TextField(blank=True, editable=False, help_text='Its names in other languages, as cities.bundle.text.aliases() writes them: a search matches their beginnings')),
                ('latitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)])),
                ('longitude', models.FloatField(validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)])),
                ('population', models.BigIntegerField(default=0)),
                ('kind', models.CharField(help_text='GeoNames feature code: PPLC is a capital, PPL any place', max_length=10)),
                ('timezone', models.CharField(help_text='IANA name', max_length=40, verbose_name='time zone')),
                ('country', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cities', to='cities.country')),
                ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cities', to='cities.region')),
            ],
            options={
                'verbose_name_plural': 'cities',
                'ordering': ('-population', 'ascii_name', 'id'),
            },
        ),
        migrations.AddConstraint(
            model_name='region',
            constraint=models.UniqueConstraint(fields=('country', 'code'), name='cities_region_code_unique_in_country'),
        ),
        migrations.AddIndex(
            model_name='city',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('search', 'gin_trgm_ops'), django.contrib.postgres.indexes.OpClass('aliases', 'gin_trgm_ops'), name='cities_city_words_trgm'),
        ),
        migrations.AddIndex(
            model_name='city',
            index=django.contrib.postgres.indexes.GistIndex(cities.geo.LatLonToEarth('latitude', 'longitude'), name='cities_city_place_earth'),
        ),
        migrations.AddIndex(
            model_name='city',
            index=models.Index(fields=['-population', 'ascii_name', 'id'], name='cities_city_biggest_first'),
        ),
        migrations.AddConstraint(
            model_name='city',
            constraint=models.CheckConstraint(condition=models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), name='cities_city_on_earth'),
        ),
    ]
